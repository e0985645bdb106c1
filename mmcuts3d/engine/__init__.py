"""Runs: labeling, training, rounds of self-training."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

__all__: list[str] = []
