# Objects365 v2 val as one class: boxes only (CutS3D, Table 2).
# The file is made by
# tools/dataset_converters/objects365_to_class_agnostic.py.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/Objects365/Obj365_v2/',
        ann_file='annotations/val_class-agnostic.json',
        data_prefix=dict(img='val/'),
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/Objects365/Obj365_v2/annotations/val_class-agnostic.json',
    metric='bbox',
)
test_evaluator = val_evaluator
