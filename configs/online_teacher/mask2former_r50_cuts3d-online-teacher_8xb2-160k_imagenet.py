# Mask2Former with a mean teacher that labels each batch: a query decoder in
# place of Cascade Mask R-CNN. Beyond the paper; see configs/mixed for the
# detector and its labels. The settings of the hook are ours, and were not run
# at this scale.
_base_ = '../mixed/mask2former_r50_cuts3d_8xb2-160k_imagenet.py'

custom_hooks = [
    dict(
        type='mmcuts3d.OnlineTeacherHook',
        begin=40_000,
        score_thr=0.7,  # CutLER's value for a first round
        iou_thr=0.5,  # CutLER
        momentum=0.0004,
        strong=[dict(type='mmdet.PhotoMetricDistortion')],
    )
]
