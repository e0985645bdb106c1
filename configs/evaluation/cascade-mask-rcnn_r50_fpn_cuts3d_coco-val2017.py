# CutS3D's detector on COCO val2017.
#
# CutS3D: Tables 1 to 3; supplement, Tables 4 and 5.
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/coco_val_class-agnostic.py',
    '../_base_/default_runtime.py',
]

# Made by tools/dataset_converters/coco_to_class_agnostic.py. The original
# gives the same measures; the copy is one whose counts have been checked.
val_dataloader = dict(
    dataset=dict(ann_file='annotations/val2017_class-agnostic.json')
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file='data/coco/annotations/val2017_class-agnostic.json'
)
test_evaluator = val_evaluator

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
