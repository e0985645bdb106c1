# CutS3D's detector on LVIS v1 val.
#
# CutS3D: Tables 2 and 3; supplement, Table 4.
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/lvis-v1_val_class-agnostic.py',
    '../_base_/default_runtime.py',
]

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
