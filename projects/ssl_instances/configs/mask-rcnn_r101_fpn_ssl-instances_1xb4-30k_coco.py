# Mask R-CNN in SOLOv2's place (Table 7), 30k steps as in all ablations
# (Sec. A.3). Its losses are mmdet's own: BoxInst's is made for SOLOv2 here.
_base_ = [
    './_base_/project.py',
    'mmdet::_base_/models/mask-rcnn_r50_fpn.py',
    './_base_/coco_proposals.py',
    './_base_/schedule_60k.py',
    '../../../configs/_base_/datasets/coco_val_class-agnostic.py',
    '../../../configs/_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        depth=101,
        frozen_stages=4,
        norm_eval=True,
        init_cfg=dict(
            type='Pretrained', checkpoint='mmcuts3d://densecl_resnet101'
        ),
    ),
    roi_head=dict(
        bbox_head=dict(num_classes=1), mask_head=dict(num_classes=1)
    ),
)
train_cfg = dict(max_iters=30_000, val_interval=10_000)
