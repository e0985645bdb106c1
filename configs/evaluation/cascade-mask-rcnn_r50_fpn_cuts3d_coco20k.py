# CutS3D's detector on COCO20K (CutS3D: Tables 1 to 3; supplement, Table 4).
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/coco20k_class-agnostic.py',
    '../_base_/default_runtime.py',
]

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
