# SOLOv2 with what a detector without RoIs can take of CutS3D's training.
#
# Labels as for configs/cuts3d: data/imagenet/annotations/cuts3d_pseudo_labels.
_base_ = [
    '../_base_/models/solov2_r50_fpn.py',
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
    mask_head=dict(
        type='mmcuts3d.SpatialConfidenceSOLOV2Head',
        num_classes=1,
        loss_mask=dict(type='mmcuts3d.SpatialConfidenceDice'),
    ),
)

# mmdet: 0.01 for a batch of 16; here 4.
optim_wrapper = dict(optimizer=dict(lr=2.5e-3))

# SOLOv2 predicts no boxes.
val_evaluator = dict(metric=('segm',))
test_evaluator = val_evaluator
