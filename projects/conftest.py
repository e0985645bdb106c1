"""Tests of projects start from what the core's start from."""

from helpers.starts import no_scope_left_behind  # noqa: F401
