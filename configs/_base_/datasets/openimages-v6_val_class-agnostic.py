# OpenImages v6 val as one class: boxes only (CutS3D, Table 2).
# The file is made by
# tools/dataset_converters/openimages_to_class_agnostic.py.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/OpenImages/',
        ann_file='annotations/validation_class-agnostic.json',
        data_prefix=dict(img='OpenImages/validation/'),
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/OpenImages/annotations/validation_class-agnostic.json',
    metric='bbox',
)
test_evaluator = val_evaluator
