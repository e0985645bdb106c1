"""Scenes as a labeller meets them: BGR inputs, data samples, depth maps."""

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.registry import MODELS, init_default_scope

from mmcuts3d.datasets.rgbd_scenes import make_scene

PATCH = 8
SIZE = (128, 160)
GRID = (16, 20)
FEATURES = {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': PATCH}
FLAT = {'type': 'mmcuts3d.FlatDepth'}


def scene_of(seed, size=SIZE):
    """A scene with its depth as a 16-bit file would give it."""
    scene = make_scene(seed, size)
    depth = (scene.depth * 65535).round().astype(np.uint16)
    low, high = depth.min(), depth.max()
    return scene.image, ((depth - low) / (high - low)).astype(np.float32)


def cuts3d(depth=FLAT, **settings):
    """A labeler of the preset 'touching', if the settings say no other."""
    init_default_scope('mmdet')
    config = {
        'type': 'mmcuts3d.CutS3DLabeler',
        'features': FEATURES,
        'cut': {'preset': 'touching'},
    }
    return MODELS.build({**config, 'depth': depth, **settings}).eval()


def mask_cut(**settings):
    init_default_scope('mmdet')
    config = {'type': 'mmcuts3d.MaskCutLabeler', 'features': FEATURES}
    return MODELS.build({**config, **settings}).eval()


def sample(image, path='images/a.png', ori_shape=None, **metainfo):
    """What PackDetInputs gives of an RGB image: BGR input, data sample."""
    shape = image.shape[:2]
    data_sample = DetDataSample(
        metainfo={
            'img_path': str(path),
            'img_id': 1,
            'img_shape': shape,
            'ori_shape': ori_shape or shape,
            **metainfo,
        }
    )
    bgr = np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))
    return torch.from_numpy(bgr), data_sample


def run(labeler, *samples):
    """test_step on a batch, as a test loop does it."""
    inputs, data_samples = zip(*samples, strict=True)
    data = {'inputs': list(inputs), 'data_samples': list(data_samples)}
    return labeler.test_step(data)


def assert_same_instances(actual, expected):
    assert len(actual) == len(expected)
    assert sorted(actual.keys()) == sorted(expected.keys())
    for key in sorted(expected.keys()):
        torch.testing.assert_close(actual[key], expected[key], rtol=0, atol=0)
