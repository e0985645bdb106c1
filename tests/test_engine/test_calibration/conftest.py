"""Images with a square, and features of which the right threshold is known."""

import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from PIL import Image
from torch import nn

from mmcuts3d.labels import encode_mask
from mmcuts3d.registry import MODELS

GRID, PATCH, NUMBER = 16, 4, 4
SIDE = GRID * PATCH
#: Cosines of the made features: of patches of two kinds and of one kind.
OTHER, SAME = 0.4, 0.7


@MODELS.register_module(force=True)
class TwoKinds(nn.Module):
    """Features of bright and dark patches, each with noise of its own."""

    def forward(self, images, data_samples=None):
        bright = images.float().mean(1, keepdim=True)
        bright = nn.functional.avg_pool2d(bright, PATCH) > 127  # (B, 1, h, w)
        h, w = bright.shape[2:]
        random = torch.Generator().manual_seed(0)
        noise = torch.randn(1, 64, h, w, generator=random)
        noise = noise / noise.norm(dim=1, keepdim=True)
        noise = noise * (1 - SAME) ** 0.5
        signal = torch.zeros(len(images), 3, h, w)
        signal[:, 0] = OTHER**0.5
        signal[:, 1:2] = bright * (SAME - OTHER) ** 0.5
        signal[:, 2:3] = ~bright * (SAME - OTHER) ** 0.5
        return torch.cat([signal, noise.expand(len(images), -1, -1, -1)], 1)


@pytest.fixture(autouse=True)
def _scope():
    init_default_scope('mmdet')


@pytest.fixture
def truth():
    """(NUMBER, SIDE, SIDE) bool, a square in each image, at other places."""
    masks = np.zeros((NUMBER, SIDE, SIDE), bool)
    for number, mask in enumerate(masks):
        left = PATCH * (2 + 2 * number)
        mask[4 * PATCH : 10 * PATCH, left : left + 6 * PATCH] = True
    return masks


@pytest.fixture
def images(tmp_path, truth):
    folder = tmp_path / 'images'
    folder.mkdir()
    for number, mask in enumerate(truth):
        image = np.where(mask, 220, 40).astype(np.uint8)
        image = np.repeat(image[..., None], 3, axis=2)
        Image.fromarray(image).save(folder / f'{number}.png')
    return folder


@pytest.fixture
def annotations(tmp_path, truth):
    content = {
        'images': [
            {'id': n + 7, 'file_name': f'{n}.png', 'height': SIDE}
            | {'width': SIDE}
            for n in range(NUMBER)
        ],
        'annotations': [
            {
                'id': n + 1,
                'image_id': n + 7,
                'category_id': 3,
                'iscrowd': 0,
                'segmentation': encode_mask(mask),
                'area': int(mask.sum()),
                'bbox': [*map(float, bounds(mask))],
            }
            for n, mask in enumerate(truth)
        ],
        'categories': [{'id': 3, 'name': 'square'}],
    }
    path = tmp_path / 'truth.json'
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def config():
    """Makes the config of a labeler of some features."""

    def make(features=None, **model):
        features = features or {'type': 'mmcuts3d.TwoKinds'}
        return Config(
            {
                'default_scope': 'mmdet',
                'model': {
                    'type': 'mmcuts3d.MaskCutLabeler',
                    'features': features,
                    'cut': {'num_instances': 1},
                    **model,
                },
                'test_dataloader': {
                    'batch_size': 2,
                    'num_workers': 0,
                    'sampler': {'type': 'DefaultSampler', 'shuffle': False},
                    'dataset': {
                        'type': 'mmcuts3d.ImageFolder',
                        'data_prefix': {'img': 'replaced'},
                        'serialize_data': False,
                        'pipeline': [
                            {'type': 'mmcuts3d.LoadImage'},
                            {
                                'type': 'Resize',
                                'scale': (SIDE, SIDE),
                                'keep_ratio': False,
                            },
                            {'type': 'PackDetInputs'},
                        ],
                    },
                },
            }
        )

    return make


def bounds(mask):
    rows, columns = np.nonzero(mask)
    x, y = columns.min(), rows.min()
    return x, y, columns.max() + 1 - x, rows.max() + 1 - y
