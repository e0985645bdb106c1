"""How good instances of scenes are."""

from mmcuts3d import registry  # noqa: F401  # isort: skip (first: it repairs)

from .average_precision import (
    SceneAveragePrecision,
    SceneMatches,
    evaluate_scenes,
)
from .scene_metric import SceneInstanceMetric

__all__ = [
    'SceneAveragePrecision',
    'SceneInstanceMetric',
    'SceneMatches',
    'evaluate_scenes',
]
