"""What tests of converters share."""

import runpy

import numpy as np
from helpers import ROOT
from PIL import Image

from mmcuts3d.registry import DATASETS
from projects.depthg.tests.tiny_folder import folder_config

TOOL = ROOT / 'projects' / 'depthg' / 'tools' / 'convert_data.py'


def convert(*arguments):
    tool = runpy.run_path(str(TOOL))
    return tool['main']([str(one) for one in arguments])


def dataset(root, split, depth=False):
    prefix = dict(img_path=f'{split}/images', seg_map_path=f'{split}/labels')
    if depth:
        prefix['depth_path'] = f'{split}/depth'
    config = folder_config(root) | dict(data_prefix=prefix)
    config['pipeline'] = config['pipeline'][:2] + config['pipeline'][-1:]
    return DATASETS.build(config)


def image_of(path, size=(6, 8), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (*size, 3))
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return pixels


def labels_of(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint8)).save(path)
