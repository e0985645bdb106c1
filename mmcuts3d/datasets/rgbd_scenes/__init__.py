"""RGB-D scenes made by code: several objects of one kind that touch."""

from .dataset import RGBDScenes
from .scene import Scene, make_scene
from .writing import write_scenes

__all__ = ['RGBDScenes', 'Scene', 'make_scene', 'write_scenes']
