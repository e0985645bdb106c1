# mmdet's runtime, counted in iterations.
_base_ = 'mmdet::_base_/default_runtime.py'

default_hooks = dict(
    # Validations too: TensorBoard and WandB show them at their iteration.
    logger=dict(log_metric_by_epoch=False),
    checkpoint=dict(by_epoch=False, interval=5000, max_keep_ckpts=3),
    # A loss that is NaN ends the run before a checkpoint is made of it.
    check_loss=dict(type='mmcuts3d.FiniteLossHook', interval=50),
)
log_processor = dict(by_epoch=False)
# Work that grows with the set, such as a merge of rounds, is done by one
# process while others wait: two hours, where NCCL's own patience is ten
# minutes.
env_cfg = dict(dist_cfg=dict(backend='nccl', timeout=7200))
