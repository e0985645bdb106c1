"""Posed RGB-D images: their camera, their checks, a mesh made of them."""

from .camera import Sight, camera_rays, project, sight
from .checks import check_frame
from .fusing import fuse_frames

__all__ = [
    'Sight',
    'camera_rays',
    'check_frame',
    'fuse_frames',
    'project',
    'sight',
]
