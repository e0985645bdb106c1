"""The training run (L3): labelling, rounds of self-training."""

__all__: list[str] = []
