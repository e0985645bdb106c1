"""Optimisation as CutLER has it: each parameter's gradient is clipped."""

from .parameterwise_clip import (
    ParameterwiseClipAmpOptimWrapper,
    ParameterwiseClipOptimWrapper,
    clip_each_grad_norm_,
    has_mixed_precision,
    in_mixed_precision,
)

__all__ = [
    'ParameterwiseClipAmpOptimWrapper',
    'ParameterwiseClipOptimWrapper',
    'clip_each_grad_norm_',
    'has_mixed_precision',
    'in_mixed_precision',
]
