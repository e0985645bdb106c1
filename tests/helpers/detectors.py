"""The paper's detector made small, and a batch for it."""

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmcuts3d.registry import MODELS


def small_detector(path):
    """The detector of a config with R18, 32 channels and few RoIs."""
    model = Config.fromfile(path).model
    model.backbone.update(depth=18, init_cfg=None)
    model.neck.update(in_channels=[64, 128, 256, 512], out_channels=32)
    model.rpn_head.update(in_channels=32, feat_channels=32)
    roi_head = model.roi_head
    for head in roi_head.bbox_head:
        head.update(in_channels=32, fc_out_channels=32)
    for head in roi_head.mask_head:  # three, or one
        head.update(in_channels=32, conv_out_channels=32, num_convs=1)
    for extractor in (
        roi_head.bbox_roi_extractor,
        roi_head.mask_roi_extractor,
    ):
        extractor.out_channels = 32
        extractor.roi_layer.sampling_ratio = 1
    model.train_cfg.rpn_proposal.update(nms_pre=50, max_per_img=50)
    model.test_cfg.rpn.update(nms_pre=20, max_per_img=20)
    for stage in model.train_cfg.rcnn:
        stage.sampler.num = 32
    torch.manual_seed(0)
    detector = MODELS.build(model)
    detector.init_weights()
    return detector


def detector_batch(with_confidences=True, numbers=(2, 1), side=128):
    rng = np.random.default_rng(0)
    samples = []
    for number in numbers:
        masks = np.zeros((number, side, side), dtype=np.uint8)
        boxes = []
        for index, mask in enumerate(masks):
            top, left = 8 + 52 * index, 12 + 30 * index
            mask[top : top + 48, left : left + 60] = 1
            boxes.append([left, top, left + 60, top + 48])
        gt = InstanceData(
            bboxes=torch.tensor(boxes).float().reshape(-1, 4),
            labels=torch.zeros(number).long(),
            masks=BitmapMasks(masks, side, side),
        )
        levels = rng.choice([120, 160, 200, 240], masks.shape)
        levels[masks == 0] = 240
        if with_confidences:
            gt.confidences = BitmapMasks(levels.astype(np.uint8), side, side)
        sample = DetDataSample(gt_instances=gt)
        sample.ignored_instances = InstanceData(
            bboxes=torch.zeros(0, 4), labels=torch.zeros(0).long()
        )
        sample.set_metainfo(
            {
                'img_shape': (side, side),
                'ori_shape': (side, side),
                'scale_factor': (1.0, 1.0),
            }
        )
        samples.append(sample)
    inputs = torch.from_numpy(
        rng.integers(0, 256, (len(numbers), 3, side, side), dtype=np.uint8)
    )
    return {'inputs': list(inputs), 'data_samples': samples}


def training_losses(detector, batch):
    torch.manual_seed(1)
    data = detector.data_preprocessor(batch, training=True)
    return detector(**data, mode='loss')
