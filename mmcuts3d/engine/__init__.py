"""Runs (L4): labeling, training, rounds of self-training."""

__all__: list[str] = []
