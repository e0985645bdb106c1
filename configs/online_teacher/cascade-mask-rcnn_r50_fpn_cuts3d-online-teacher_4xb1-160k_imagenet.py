# CutS3D's detector with a mean teacher that labels each batch, in place of
# rounds of self-training. Beyond the paper: needs the same labels as the 160k
# config, whose settings hold. Those of the hook are ours, and were not run at
# this scale.
_base_ = '../cuts3d/cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'

custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='mmcuts3d.OnlineTeacherHook',
        begin=40_000,
        score_thr=0.7,  # CutLER's value for a first round
        iou_thr=0.5,  # CutLER
        momentum=0.0004,
        strong=[dict(type='mmdet.PhotoMetricDistortion')],
    ),
]
