# Pascal VOC 2007 trainval+test as one class: boxes only (CutS3D, Table 2).
# The file is made by tools/dataset_converters/voc_to_class_agnostic.py.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/VOCdevkit/VOC2007/',
        ann_file='trainval_test_class-agnostic.json',
        data_prefix=dict(img='JPEGImages/'),
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/VOCdevkit/VOC2007/trainval_test_class-agnostic.json',
    metric='bbox',
)
test_evaluator = val_evaluator
