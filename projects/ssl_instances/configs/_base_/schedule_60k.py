# The paper's training (Sec. A.2.1).
train_cfg = dict(
    type='IterBasedTrainLoop',
    max_iters=60_000,
    val_interval=20_000,
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='SGD',
        lr=2.5e-4,  # for a batch of 4
        momentum=0.9,
        weight_decay=1e-4,
    ),
    clip_grad=dict(max_norm=35, norm_type=2),  # mmdet's SOLOv2
)
# The paper prints one rate and no steps.
param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=1000
    ),
]
auto_scale_lr = dict(enable=False, base_batch_size=4)
