# CutS3D's detector on Pascal VOC 2007 trainval+test.
#
# CutS3D: Table 2; supplement, Table 4.
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/voc07_class-agnostic.py',
    '../_base_/default_runtime.py',
]

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
