# LVIS v1 val as one class: boxes and masks (CutS3D, Tables 2 and 3).
# The file is made by tools/dataset_converters/lvis_to_class_agnostic.py; it
# names images with their folder, train2017 or val2017.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/coco/',
        ann_file='annotations/lvis_v1_val_class-agnostic.json',
        data_prefix=dict(img=''),
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/coco/annotations/lvis_v1_val_class-agnostic.json',
    metric=('bbox', 'segm'),
)
test_evaluator = val_evaluator
