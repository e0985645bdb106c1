# What every training has: 7,000 steps at a constant rate (supplement, Tables
# 1 and 2), probes ten times as fast (STEGO), a measure every 1,000.
default_scope = 'mmdet'
randomness = dict(seed=0)
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
default_hooks = dict(
    checkpoint=dict(
        type='CheckpointHook', by_epoch=False, interval=1000, max_keep_ckpts=2
    ),
    check_loss=dict(type='mmcuts3d.FiniteLossHook', interval=50),
    logger=dict(type='LoggerHook', interval=50),
)
log_processor = dict(by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False

train_cfg = dict(type='IterBasedTrainLoop', max_iters=7000, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
val_evaluator = dict(type='mmcuts3d.UnsupervisedSegMetric')
test_evaluator = val_evaluator
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=5e-4),  # supplement, Table 1
    paramwise_cfg=dict(
        custom_keys={
            'cluster_probe': dict(lr_mult=10.0),
            'linear_probe': dict(lr_mult=10.0),
        }
    ),
)
