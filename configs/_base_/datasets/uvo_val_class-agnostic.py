# UVO's sparse val as one class: boxes and masks (a benchmark of CutLER).
# The file is made by tools/dataset_converters/uvo_to_class_agnostic.py.
_base_ = './coco_val_class-agnostic.py'

val_dataloader = dict(
    dataset=dict(
        data_root='data/uvo/',
        ann_file='annotations/frame_val_class-agnostic.json',
        data_prefix=dict(img='uvo_videos_sparse_frames/'),
        unique_stems=False,  # frames of different videos share numbers
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    ann_file='data/uvo/annotations/frame_val_class-agnostic.json',
    metric=('bbox', 'segm'),
)
test_evaluator = val_evaluator
