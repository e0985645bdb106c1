"""Loops of training and labeling."""

from .label_then_train_loop import LabelThenTrainLoop
from .labeling_loop import LabelingLoop

__all__ = ['LabelThenTrainLoop', 'LabelingLoop']
