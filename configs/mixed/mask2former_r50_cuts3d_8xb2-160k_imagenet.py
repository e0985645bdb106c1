# Mask2Former with what a detector without RoIs can take of CutS3D's training.
#
# Labels as for configs/cuts3d: data/imagenet/annotations/cuts3d_pseudo_labels.
_base_ = [
    '../_base_/models/mask2former_r50.py',
    '../_base_/datasets/imagenet_pseudo-labels.py',
    '../_base_/datasets/coco_val_class-agnostic.py',
    '../_base_/default_runtime.py',
]

model = dict(
    # Images of any size: mmdet's are cropped to 1024 x 1024 before.
    data_preprocessor=dict(batch_augments=None),
    backbone=dict(
        # Batch statistics stay those of the weights, as in mmdet.
        init_cfg=dict(
            type='Pretrained', checkpoint='mmcuts3d://dino_resnet50'
        ),
    ),
    panoptic_head=dict(
        type='mmcuts3d.SpatialConfidenceMask2FormerHead',
        num_things_classes=1,
        num_stuff_classes=0,
        loss_cls=dict(class_weight=[1.0, 0.1]),  # mmdet: 0.1 for no object
        # loss_mask stays mmdet's: the head gives it the confidences.
        loss_dice=dict(type='mmcuts3d.SpatialConfidenceDice'),
    ),
    panoptic_fusion_head=dict(num_things_classes=1, num_stuff_classes=0),
)

train_dataloader = dict(batch_size=2)  # mmdet: 16, on 8 GPUs

# mmdet's schedule of Mask2Former, over the 160,000 iterations of CutS3D
# (supplement, Table 8): its steps stand at 8/9 and 26/27 of the way.
train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=160_000, val_interval=20_000
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.05),
    paramwise_cfg=dict(
        custom_keys={
            'backbone': dict(lr_mult=0.1, decay_mult=1.0),
            'query_embed': dict(lr_mult=1.0, decay_mult=0.0),
            'query_feat': dict(lr_mult=1.0, decay_mult=0.0),
            'level_embed': dict(lr_mult=1.0, decay_mult=0.0),
        },
        norm_decay_mult=0.0,
    ),
    clip_grad=dict(max_norm=0.01, norm_type=2),
)
param_scheduler = [
    dict(
        type='MultiStepLR',
        by_epoch=False,
        milestones=[142_222, 154_074],
        gamma=0.1,
    ),
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
