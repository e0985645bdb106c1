"""A labeller that thresholds brightness, and photographs for it."""

import math

import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from PIL import Image

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class BrightnessLabeler(BaseModel):
    """Takes the pixels above a threshold for the one instance."""

    fail_after = math.inf
    seen = []

    def __init__(self, threshold=127, data_preprocessor=None):
        super().__init__(data_preprocessor)
        self.threshold = threshold

    def forward(self, inputs, data_samples, mode='predict'):
        assert not self.training
        for image, sample in zip(inputs, data_samples, strict=True):
            self.seen.append(sample.img_path)
            if len(self.seen) > self.fail_after:
                raise RuntimeError('killed')
            found = sample.metainfo.get('error') is None
            mask = image.mean(0)[None, None] > self.threshold
            mask = torch.nn.functional.interpolate(
                mask.float(), sample.ori_shape
            )[0]
            sample.pred_instances = InstanceData(
                bboxes=torch.zeros(1, 4),
                labels=torch.zeros(1, dtype=torch.long),
                scores=torch.tensor([0.75]),
                masks=mask.bool(),
                confidences=torch.full((1, 6, 6), 0.5),
            )[: int(found)]
        return data_samples


PIPELINE = [
    {'type': 'mmcuts3d.LoadImage'},
    {'type': 'mmdet.Resize', 'scale': (48, 48), 'keep_ratio': False},
    {
        'type': 'mmdet.PackDetInputs',
        'meta_keys': (
            'img_id',
            'img_path',
            'ori_shape',
            'img_shape',
            'scale_factor',
        ),
    },
]
CONFIG = {
    'default_scope': 'mmdet',
    'model': {
        'type': 'mmcuts3d.BrightnessLabeler',
        'data_preprocessor': {
            'type': 'mmdet.DetDataPreprocessor',
            'bgr_to_rgb': True,
        },
    },
    'test_dataloader': {
        'batch_size': 2,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
        'dataset': {
            'type': 'mmcuts3d.ImageFolder',
            'data_prefix': {'img': 'replaced'},
            'pipeline': PIPELINE,
            'serialize_data': False,  # its garbage collection takes a second
        },
    },
}


def write_images(folder):
    """Seven images with a bright square; the fourth is no image."""
    folder.mkdir()
    for number in range(7):
        image = np.zeros((24, 32 + number, 3), np.uint8)
        image[6:18, 4:20] = 255
        Image.fromarray(image).save(folder / f'{number}.png')
    (folder / '3.png').write_bytes(b'no image')
    return folder
