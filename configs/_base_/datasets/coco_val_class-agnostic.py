# Zero-shot evaluation on COCO val2017, as one class (CutS3D, Table 1).
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.ImageFolder',
        data_root='data/coco/',
        ann_file='annotations/instances_val2017.json',
        data_prefix=dict(img='val2017/'),
        # For generate_pseudo_labels.py: ImageNet has a folder for each class.
        recursive=True,
        test_mode=True,
        pipeline=[
            # The name that mmdet's DetInferencer looks for.
            dict(type='mmcuts3d.LoadImageFromFile'),
            dict(type='mmdet.Resize', scale=(1333, 800), keep_ratio=True),
            dict(
                type='mmdet.PackDetInputs',
                meta_keys=(
                    'img_id',
                    'img_path',
                    'ori_shape',
                    'img_shape',
                    'scale_factor',
                ),
            ),
        ],
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    type='mmcuts3d.ClassAgnosticCocoMetric',
    ann_file='data/coco/annotations/instances_val2017.json',
    metric=('bbox', 'segm'),
)
test_evaluator = val_evaluator
