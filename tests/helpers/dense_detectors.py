"""mmdet's detectors made small, and a batch for those without RoIs."""

from pathlib import Path

import mmdet
import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.config import Config
from mmengine.structures import InstanceData

CONFIGS = Path(mmdet.__file__).parent / '.mim' / 'configs'
#: Config of a detector, and the part of it that has the loss of masks.
DETECTORS = {
    'Mask2Former': (
        'mask2former/mask2former_r50_8xb2-lsj-50e_coco.py',
        'panoptic_head',
    ),
    'SOLOv2': ('solov2/solov2_r50_fpn_1x_coco.py', 'mask_head'),
    'CondInst': (
        'condinst/condinst_r50_fpn_ms-poly-90k_coco_instance.py',
        'mask_head',
    ),
    'RTMDet-Ins': ('rtmdet/rtmdet-ins_tiny_8xb32-300e_coco.py', 'bbox_head'),
}
HEADS = {
    'Mask2Former': 'mmcuts3d.SpatialConfidenceMask2FormerHead',
    'SOLOv2': 'mmcuts3d.SpatialConfidenceSOLOV2Head',
    'CondInst': 'mmcuts3d.SpatialConfidenceCondInstMaskHead',
    'RTMDet-Ins': 'mmcuts3d.SpatialConfidenceRTMDetInsSepBNHead',
}


def model_of(name):
    """mmdet's config of the model, with few queries, layers and channels."""
    model = Config.fromfile(CONFIGS / DETECTORS[name][0]).model
    shrink_model(model)
    return model


def weighted(name):
    """The same with the head and the loss of Spatial Confidence."""
    model = model_of(name)
    head = model[DETECTORS[name][1]]
    head.type = HEADS[name]
    loss = 'loss_dice' if name == 'Mask2Former' else 'loss_mask'
    head[loss].type = 'mmcuts3d.SpatialConfidenceDice'
    return model


def _stages(config):
    """Of a cascade one after the other, of other detectors the one."""
    return config if isinstance(config, list) else [config]


def shrink_model(model):
    """Make any of these models small, in place; one class."""
    model.backbone.init_cfg = None
    if model.backbone.type == 'ResNet':
        model.backbone.update(depth=18, base_channels=8)
        if 'neck' in model:
            model.neck.update(in_channels=[8, 16, 32, 64], out_channels=32)
    if model.type in ('MaskRCNN', 'CascadeRCNN'):
        model.rpn_head.update(in_channels=32, feat_channels=32)
        roi_head = model.roi_head
        roi_head.bbox_roi_extractor.out_channels = 32
        roi_head.mask_roi_extractor.out_channels = 32
        for head in _stages(roi_head.bbox_head):
            head.update(in_channels=32, fc_out_channels=32)
            if 'conv_out_channels' in head:
                head.conv_out_channels = 32
        for head in _stages(roi_head.mask_head):
            head.update(in_channels=32, conv_out_channels=32, num_convs=1)
        model.train_cfg.rpn_proposal.update(nms_pre=50, max_per_img=50)
        model.test_cfg.rpn.update(nms_pre=50, max_per_img=50)
        for stage in _stages(model.train_cfg.rcnn):
            stage.sampler.num = 16
    if model.type == 'SOLOv2':
        model.mask_head.update(
            stacked_convs=1, feat_channels=32, in_channels=32, num_classes=1
        )
        model.mask_head.mask_feature_head.update(
            feat_channels=32, out_channels=32
        )
    if model.type == 'CondInst':
        model.bbox_head.update(
            in_channels=32, feat_channels=32, stacked_convs=1, num_classes=1
        )
        # A level has one pixel: no norm of one value.
        model.bbox_head.norm_cfg = {'type': 'GN', 'num_groups': 8}
        model.mask_head.mask_feature_head.update(
            in_channels=32, feat_channels=32, num_stacked_convs=1
        )
    if model.type == 'RTMDet':
        model.backbone.update(deepen_factor=0.167, widen_factor=0.125)
        model.neck.update(
            in_channels=[32, 64, 128], out_channels=32, num_csp_blocks=1
        )
        model.bbox_head.update(
            in_channels=32, feat_channels=32, stacked_convs=1, num_classes=1
        )
        for part in (model.backbone, model.neck, model.bbox_head):
            part.norm_cfg = {'type': 'BN'}  # SyncBN trains on GPUs alone
        model.data_preprocessor.update(pad_mask=True, pad_size_divisor=32)
    if model.type == 'Mask2Former':
        model.data_preprocessor.batch_augments = None
        head = model.panoptic_head
        head.update(
            in_channels=[8, 16, 32, 64],
            feat_channels=32,
            out_channels=32,
            num_queries=10,
            num_things_classes=1,
            num_stuff_classes=0,
        )
        head.loss_cls.class_weight = [1.0, 0.1]
        _replace(head, 256, 32)
        _replace(head, 128, 16)
        _replace(head, 1024, 64)
        _replace(head, 2048, 64)
        head.pixel_decoder.encoder.num_layers = 1
        head.transformer_decoder.num_layers = 1
        model.panoptic_fusion_head.update(
            num_things_classes=1, num_stuff_classes=0
        )
        model.train_cfg.num_points = 64
        model.test_cfg.max_per_image = 10


def _replace(config, before, after):
    """Replace a width everywhere inside a config."""
    for key, value in config.items():
        if isinstance(value, dict):
            _replace(value, before, after)
        elif value == before:
            config[key] = after


#: Boxes of two instances, xyxy, and the level inside of each.
BOXES = ((12, 8, 52, 48), (60, 30, 90, 70))
LEVELS = (120, 180)


def batch_of(levels=LEVELS, boxes=BOXES, size=(96, 128), sides=1):
    """Images with a rectangle for each box; ``levels`` None: no confidences.

    Args:
        levels (sequence, optional): Level inside of each mask.
        boxes (sequence): Boxes of every image.
        size (tuple): Height and width of the first image.
        sides (int): How many images; each is 32 pixels lower than the one
            before.
    """
    samples, images = [], []
    for index in range(sides):
        frame = (size[0] - 32 * index, size[1])
        masks = np.zeros((len(boxes), *frame), np.uint8)
        for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
            mask[y1:y2, x1:x2] = 1
        gt = InstanceData(
            bboxes=torch.tensor(boxes).float().reshape(-1, 4),
            labels=torch.zeros(len(boxes)).long(),
            masks=BitmapMasks(masks, *frame),
        )
        if levels is not None:
            maps = np.full_like(masks, 240)
            for map_, mask, level in zip(maps, masks, levels, strict=True):
                map_[mask == 1] = level
            gt.confidences = BitmapMasks(maps, *frame)
        sample = DetDataSample(gt_instances=gt)
        sample.ignored_instances = InstanceData(
            bboxes=torch.zeros(0, 4), labels=torch.zeros(0).long()
        )
        sample.set_metainfo(
            {
                'img_shape': frame,
                'ori_shape': frame,
                'scale_factor': (1.0, 1.0),
            }
        )
        samples.append(sample)
        generator = torch.Generator().manual_seed(index)
        images.append(
            torch.randint(
                0, 256, (3, *frame), dtype=torch.uint8, generator=generator
            )
        )
    return {'inputs': images, 'data_samples': samples}


def losses_of(detector, batch):
    """Losses of a batch, from the same random numbers each time."""
    torch.manual_seed(1)
    data = detector.data_preprocessor(batch, training=True)
    return detector(**data, mode='loss')
