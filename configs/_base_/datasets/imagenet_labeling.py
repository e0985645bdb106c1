# ImageNet for labelers: images of 480x480 (CutS3D, Sec. 4).
#
# tools/generate_pseudo_labels.py takes the pipeline from here and the folder
# from its --images. tools/test.py measures the pseudo-masks as boxes on the
# validation split (supplement, Table 6), because ImageNet has no masks; its
# ground truth is made by tools/dataset_converters/imagenet_boxes_to_coco.py.
data_root = '{{$MMCUTS3D_DATA_ROOT:data/imagenet}}'

test_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.ImageFolder',
        data_root=data_root,
        ann_file='annotations/val_boxes.json',
        data_prefix=dict(img='val/'),
        recursive=True,  # train/ has a folder for each class
        test_mode=True,
        pipeline=[
            dict(type='mmcuts3d.LoadImage'),
            dict(type='mmdet.Resize', scale=(480, 480), keep_ratio=False),
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
test_cfg = dict(type='TestLoop')
test_evaluator = dict(
    type='mmcuts3d.ClassAgnosticCocoMetric',
    ann_file=data_root + '/annotations/val_boxes.json',
    metric='bbox',
)
