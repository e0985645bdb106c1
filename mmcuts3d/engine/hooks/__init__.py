"""Hooks of training (L3)."""

from .finite_loss_hook import FiniteLossHook
from .self_training_hook import SelfTrainingHook

__all__ = ['FiniteLossHook', 'SelfTrainingHook']
