"""Hooks of training."""

from .cut_visualization_hook import CutVisualizationHook
from .finite_loss_hook import FiniteLossHook
from .online_teacher_hook import OnlineTeacherHook
from .precise_bn_hook import PreciseBNHook
from .self_training_hook import SelfTrainingHook

__all__ = [
    'CutVisualizationHook',
    'FiniteLossHook',
    'OnlineTeacherHook',
    'PreciseBNHook',
    'SelfTrainingHook',
]
