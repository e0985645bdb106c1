"""Tests of projects start from what the core's start from."""

from helpers.starts import nothing_left_behind  # noqa: F401
