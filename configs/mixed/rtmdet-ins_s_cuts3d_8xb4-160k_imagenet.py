# RTMDet-Ins with what a detector without RoIs can take of CutS3D's training.
#
# Its backbone is its own, CSPNeXt, whose published weights are trained with
# labels: it begins without weights.
#
# Labels as for configs/cuts3d: data/imagenet/annotations/cuts3d_pseudo_labels.
_base_ = [
    '../_base_/models/rtmdet-ins_s.py',
    '../_base_/datasets/imagenet_pseudo-labels.py',
    '../_base_/datasets/coco_val_class-agnostic.py',
    '../_base_/default_runtime.py',
]

model = dict(
    # Images of any size: mmdet's are cropped to 640 x 640 before.
    data_preprocessor=dict(pad_mask=True, pad_size_divisor=32),
    backbone=dict(init_cfg=None),
    bbox_head=dict(
        type='mmcuts3d.SpatialConfidenceRTMDetInsSepBNHead',
        num_classes=1,
        loss_mask=dict(type='mmcuts3d.SpatialConfidenceDice'),
    ),
)

train_dataloader = dict(batch_size=4)  # 32, on 8 GPUs; mmdet: 256

# mmdet's optimizer of RTMDet, over the 160,000 iterations of CutS3D
# (supplement, Table 8); the rate falls from the middle on, as it does there.
train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=160_000, val_interval=20_000
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='OptimWrapper',
    # mmdet: 4e-3 for a batch of 256.
    optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.05),
    paramwise_cfg=dict(
        norm_decay_mult=0, bias_decay_mult=0, bypass_duplicate=True
    ),
)
param_scheduler = [
    dict(
        type='LinearLR', start_factor=1e-5, by_epoch=False, begin=0, end=1000
    ),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=80_000,
        end=160_000,
        T_max=80_000,
        eta_min=2.5e-5,
    ),
]
custom_hooks = [
    dict(
        type='EMAHook',
        ema_type='mmdet.ExpMomentumEMA',
        momentum=0.0002,
        update_buffers=True,
        priority=49,
    ),
]
auto_scale_lr = dict(enable=False, base_batch_size=32)
