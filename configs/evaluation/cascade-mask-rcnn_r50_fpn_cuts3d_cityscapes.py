# CutS3D's detector on Cityscapes val (in no table of CutS3D).
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/cityscapes_val_class-agnostic.py',
    '../_base_/default_runtime.py',
]

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
