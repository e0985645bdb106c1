# CutS3D's detector on Objects365 v2 val.
#
# CutS3D: Table 2; supplement, Table 4.
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/objects365v2_val_class-agnostic.py',
    '../_base_/default_runtime.py',
]

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
