"""Training loops (L3)."""

from .label_then_train_loop import LabelThenTrainLoop

__all__ = ['LabelThenTrainLoop']
