"""A detector and a labeler for the inferencer."""

import cv2
import numpy as np
import torch
from mmdet.models.detectors import BaseDetector
from mmengine.structures import InstanceData

from mmcuts3d.registry import MODELS

PIPELINE = [
    {'type': 'LoadImageFromFile'},
    {'type': 'LoadAnnotations', 'with_bbox': True},
    {'type': 'Resize', 'scale': (48, 48), 'keep_ratio': False},
    {'type': 'PackDetInputs'},
]


@MODELS.register_module()
class BrightnessDetector(BaseDetector):
    """One instance: the pixels brighter than half; a weight to be loaded."""

    def __init__(self):
        super().__init__(
            data_preprocessor={
                'type': 'mmdet.DetDataPreprocessor',
                'bgr_to_rgb': True,
            }
        )
        self.score = torch.nn.Parameter(torch.tensor(0.5))

    def predict(self, batch_inputs, batch_data_samples, rescale=True):
        for image, sample in zip(
            batch_inputs, batch_data_samples, strict=True
        ):
            # Red alone, so that swapped channels are found.
            size = sample.ori_shape
            bright = cv2.resize(image[0].numpy(), size[::-1]) > 128
            rows, columns = np.nonzero(bright)
            box = [columns.min(), rows.min(), columns.max(), rows.max()]
            sample.pred_instances = InstanceData(
                bboxes=torch.tensor([box]).float(),
                labels=torch.zeros(1, dtype=torch.long),
                scores=self.score.detach()[None].clone(),
                masks=torch.from_numpy(bright)[None],
            )
        return batch_data_samples

    def loss(self, *args):
        raise RuntimeError('not trained')

    def extract_feat(self, batch_inputs):
        return (batch_inputs,)

    def _forward(self, *args):
        return ()


def detector_config():
    return {
        'model': {'type': 'mmcuts3d.BrightnessDetector'},
        'test_dataloader': {'dataset': {'pipeline': PIPELINE}},
    }


def labeler_config(depth=None, method='CutS3D'):
    model = {
        'type': f'mmcuts3d.{method}Labeler',
        'features': {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': 8},
        'cut': {'refine': {'crf': False}},
    }
    if method == 'CutS3D':
        model['depth'] = depth or {
            'type': 'mmcuts3d.DepthFromFiles',
            'root': '/nowhere/depth',
        }
        model['cut'].update(preset='touching', local={'z_scale': 5.0})
    return {
        'model': model,
        'test_dataloader': {
            'dataset': {
                'pipeline': [
                    {'type': 'mmcuts3d.LoadImage'},
                    {'type': 'mmdet.PackDetInputs'},
                ]
            }
        },
    }
