# Mask R-CNN with all parts of CutS3D's training.
#
# Labels as for configs/cuts3d: data/imagenet/annotations/cuts3d_pseudo_labels.
_base_ = [
    'mmdet::_base_/models/mask-rcnn_r50_fpn.py',
    '../_base_/datasets/imagenet_pseudo-labels.py',
    '../_base_/datasets/coco_val_class-agnostic.py',
    '../_base_/schedules/schedule_160k.py',
    '../_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        # As configs/_base_/models has it: all layers train.
        frozen_stages=-1,
        norm_eval=False,
        init_cfg=dict(
            type='Pretrained', checkpoint='mmcuts3d://dino_resnet50'
        ),
    ),
    roi_head=dict(
        bbox_head=dict(
            type='mmcuts3d.DropLossBBoxHead',
            num_classes=1,
            loss_cls=dict(
                type='mmcuts3d.DropLoss',
                iou_thr=0.01,  # CutLER: DROPLOSS_IOU_THRESH
            ),
        ),
        mask_head=dict(
            type='mmcuts3d.SpatialConfidenceMaskHead',
            num_classes=1,
            # CutS3D, Eq. 6, as a mean.
            loss_mask=dict(type='mmcuts3d.SpatialConfidenceBCE'),
        ),
    ),
    train_cfg=dict(
        # mmdet's RandomSampler, for DropLoss with the overlaps.
        rcnn=dict(sampler=dict(type='mmcuts3d.OverlapRandomSampler')),
    ),
    # CutLER: SCORE_THRESH_TEST 0.0.
    test_cfg=dict(rcnn=dict(score_thr=0.0)),
)
