"""Self-training of the mask transformer on pseudo-masks."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .geometric_transforms import ElasticDistortion, JitterPoints, RandomPose
from .predicting import (
    ScenePredictor,
    load_model,
    predict_scenes,
    scenes_to_predict,
)
from .pseudo_mask_scenes import PseudoMaskScenes, normals_of
from .round_rule import RoundRule
from .rounds_record import RoundFolder, RoundsRecord
from .scene_epoch_sampler import SceneEpochSampler
from .scene_labels import label_path, read_scene_labels, write_scene_labels
from .scene_sources import RoomScenes, ScanFolder, SceneSource
from .scene_transforms import ChangeColours, CropScene, PackScene
from .self_training import SelfTraining

__all__ = [
    'ChangeColours',
    'CropScene',
    'ElasticDistortion',
    'JitterPoints',
    'PackScene',
    'PseudoMaskScenes',
    'RandomPose',
    'RoomScenes',
    'RoundFolder',
    'RoundRule',
    'RoundsRecord',
    'ScanFolder',
    'SceneEpochSampler',
    'ScenePredictor',
    'SceneSource',
    'SelfTraining',
    'label_path',
    'load_model',
    'normals_of',
    'predict_scenes',
    'read_scene_labels',
    'scenes_to_predict',
    'write_scene_labels',
]
