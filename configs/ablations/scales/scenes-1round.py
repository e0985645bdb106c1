# Ablations on the embedded scenes, with one round of self-training in the
# second half of the run; see scenes.py.
_base_ = (
    '../../cuts3d/cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-demo_rgbd-scenes.py'
)

train_cfg = dict(labels=dict(model=dict(cut=dict(preset='paper'))))

# The demo's rate does not fall. Here it does in the last quarter, or what is
# compared would be the luck of the last steps.
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=50),
    dict(
        type='LinearLR',
        start_factor=1.0,
        end_factor=0.01,
        by_epoch=False,
        begin=_base_.max_iters * 3 // 4,
        end=_base_.max_iters,
    ),
]
