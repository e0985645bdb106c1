"""Scenes and frames of files, and files of scenes."""

from .datasets import (
    OBJECT_CLASSES,
    ScanNetScan,
    keep_objects,
    read_arkit_scenes,
    read_s3dis,
    read_scannet,
)
from .frames import FrameFiles, FrameFolder, read_frames
from .ply import read_ply, write_ply
from .poses import check_poses, check_rigid
from .raw import turn_upwards
from .reading import read_scene
from .writing import (
    instance_palette,
    save_scannet_predictions,
    save_scene_npz,
    save_scene_ply,
    vertex_instances,
)

__all__ = [
    'OBJECT_CLASSES',
    'FrameFiles',
    'FrameFolder',
    'ScanNetScan',
    'check_poses',
    'check_rigid',
    'instance_palette',
    'keep_objects',
    'read_arkit_scenes',
    'read_frames',
    'read_ply',
    'read_s3dis',
    'read_scannet',
    'read_scene',
    'save_scannet_predictions',
    'save_scene_npz',
    'save_scene_ply',
    'turn_upwards',
    'vertex_instances',
    'write_ply',
]
