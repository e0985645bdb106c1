# Self-training on line on two CPU cores: the demo, with a mean teacher that
# labels each batch in place of a round. The second half of the run has it.
_base_ = '../cuts3d/cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-demo_rgbd-scenes.py'

custom_hooks = [
    dict(
        type='mmcuts3d.OnlineTeacherHook',
        begin=_base_.first_round,
        score_thr=0.5,  # as the demo's round
        momentum=0.03,  # an average of about the last 30 iterations
        strong=[dict(type='mmdet.PhotoMetricDistortion')],
    )
]
