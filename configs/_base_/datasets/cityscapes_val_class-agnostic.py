# Cityscapes val as one class: boxes and masks (in no table of CutS3D).
# The file is made by
# tools/dataset_converters/cityscapes_to_class_agnostic.py.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/cityscapes/',
        ann_file='annotations/val_class-agnostic.json',
        data_prefix=dict(img='leftImg8bit/val/'),
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/cityscapes/annotations/val_class-agnostic.json',
    metric=('bbox', 'segm'),
)
test_evaluator = val_evaluator
