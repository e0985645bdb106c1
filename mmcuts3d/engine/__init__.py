"""The training run (L3): labelling, rounds of self-training."""
