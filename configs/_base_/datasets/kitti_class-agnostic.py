# KITTI's object set, training split, as one class: boxes only (CutS3D,
# Table 2). The file is made by
# tools/dataset_converters/kitti_to_class_agnostic.py.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/kitti/',
        ann_file='annotations/training_class-agnostic.json',
        data_prefix=dict(img='training/image_2/'),
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/kitti/annotations/training_class-agnostic.json',
    metric='bbox',
)
test_evaluator = val_evaluator
