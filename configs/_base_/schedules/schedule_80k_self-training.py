# Training on the masks of the detector before (CutS3D supplement, Table 9).
#
# "CutLER" is its published cascade_mask_rcnn_R_50_FPN_self_train.yaml.
train_cfg = dict(
    type='IterBasedTrainLoop',
    max_iters=80_000,  # Table 9
    val_interval=20_000,
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    # CutLER: AMP.ENABLED True; see schedule_160k.py.
    type='mmcuts3d.ParameterwiseClipAmpOptimWrapper',
    optimizer=dict(
        type='SGD',
        lr=5e-3,  # Table 9, for a batch of 8
        momentum=0.9,  # Table 9
        weight_decay=1e-4,  # detectron2's default, which CutLER leaves here
    ),
    # detectron2: WEIGHT_DECAY_NORM 0.0, which CutLER leaves as it is.
    paramwise_cfg=dict(norm_decay_mult=0.0),
    # CutLER: CLIP_GRADIENTS, norm 1.0: of each parameter by itself.
    clip_grad=dict(max_norm=1.0, norm_type=2),
)
param_scheduler = [
    # CutLER: GAMMA 1.0, so that the rate stays as it is after the warm-up.
    dict(
        type='LinearLR',
        start_factor=0.001,
        by_epoch=False,
        begin=0,
        end=1000,  # Table 9
    ),
]

custom_hooks = [
    # CutLER: TEST.PRECISE_BN, NUM_ITER 200; see schedule_160k.py.
    dict(type='mmcuts3d.PreciseBNHook', num_batches=200),
]

# CutLER: SyncBN, in backbone and FPN; without a GPU it stays plain BN.
sync_bn = 'torch'
auto_scale_lr = dict(enable=False, base_batch_size=8)  # Table 9
