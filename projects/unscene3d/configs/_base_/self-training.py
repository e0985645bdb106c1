# What every self-training has: epochs, hooks, rounds (Sec. 4.3).
default_scope = 'mmdet'
randomness = dict(seed=0)
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
default_hooks = dict(
    # Two: while one is written, the one before is there.
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=2),
    check_loss=dict(type='mmcuts3d.FiniteLossHook', interval=50),
    logger=dict(type='LoggerHook', interval=50),
)
log_processor = dict(by_epoch=True)
log_level = 'INFO'
load_from = None
resume = False

#: Rounds, what is new in later ones, and what a round adds. At most 5 masks
#: of which more than half is new.
self_training = dict(
    rounds=4,
    rule=dict(max_new=5, min_new=0.5, measure='share', keep='original'),
)
