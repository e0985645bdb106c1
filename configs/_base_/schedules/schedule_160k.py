# Training on the first pseudo-masks (CutS3D supplement, Table 8).
#
# "CutLER" is its published cascade_mask_rcnn_R_50_FPN.yaml.
train_cfg = dict(
    type='IterBasedTrainLoop',
    max_iters=160_000,  # Table 8
    val_interval=20_000,
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    # CutLER: AMP.ENABLED True. Without a GPU, or for full precision:
    # --cfg-options optim_wrapper.type=mmcuts3d.ParameterwiseClipOptimWrapper
    type='mmcuts3d.ParameterwiseClipAmpOptimWrapper',
    optimizer=dict(
        type='SGD',
        lr=1e-2,  # Table 8, for a batch of 4
        momentum=0.9,  # Table 8
        weight_decay=5e-5,  # CutLER
    ),
    # detectron2: WEIGHT_DECAY_NORM 0.0, which CutLER leaves as it is.
    paramwise_cfg=dict(norm_decay_mult=0.0),
    # CutLER: CLIP_GRADIENTS, norm 1.0: of each parameter by itself.
    clip_grad=dict(max_norm=1.0, norm_type=2),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.001,
        by_epoch=False,
        begin=0,
        end=1000,  # Table 8
    ),
    # CutLER: STEPS 80000, GAMMA 0.02.
    dict(type='MultiStepLR', by_epoch=False, milestones=[80_000], gamma=0.02),
]

custom_hooks = [
    # CutLER: TEST.PRECISE_BN, NUM_ITER 200. Before each validation; CutLER,
    # which has none, at the end alone.
    dict(type='mmcuts3d.PreciseBNHook', num_batches=200),
]

# CutLER: SyncBN, in backbone and FPN; without a GPU it stays plain BN.
sync_bn = 'torch'
auto_scale_lr = dict(enable=False, base_batch_size=4)  # Table 8
