# COCO20K as one class: boxes and masks (CutS3D, Tables 1 to 3).
# The file is made by tools/dataset_converters/coco20k_to_class_agnostic.py.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/coco/',
        ann_file='annotations/coco20k_class-agnostic.json',
        data_prefix=dict(img='train2014/'),
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/coco/annotations/coco20k_class-agnostic.json',
    metric=('bbox', 'segm'),
)
test_evaluator = val_evaluator
