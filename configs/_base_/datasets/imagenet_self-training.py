# ImageNet with the masks of a trained detector (CutS3D supplement, E.3).
#
# "CutLER" is its published cascade_mask_rcnn_R_50_FPN_self_train.yaml.
train_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='mmdet.MultiImageMixDataset',
        dataset=dict(
            type='mmcuts3d.PseudoLabelDataset',
            data_root='data/imagenet/',
            ann_file='annotations/cuts3d_self_training_r1',
            data_prefix=dict(img='train/'),
            filter_cfg=dict(filter_empty_gt=True, min_size=32),
            # A detector predicts no Spatial Confidence (supplement, E.3):
            # copy-paste draws, blends nothing, and no map is made.
            confidence=False,
            pipeline=[
                dict(type='mmcuts3d.LoadImage'),
                dict(type='mmcuts3d.LoadPseudoLabels'),
                # CutLER: MIN_SIZE_TRAIN, MAX_SIZE_TRAIN.
                dict(
                    type='RandomChoiceResize',
                    resize_type='mmdet.Resize',
                    scales=[
                        (1333, side)
                        for side in (
                            *(240, 320, 480, 640, 672),
                            *(704, 736, 768, 800, 1024),
                        )
                    ],
                    keep_ratio=True,
                ),
                dict(type='mmdet.RandomFlip', prob=0.5),
            ],
        ),
        pipeline=[
            dict(
                type='mmcuts3d.ConfidentCopyPaste',
                min_ratio=0.5,  # Table 9
                max_ratio=1.0,  # Table 9
                prob=1.0,  # CutLER: COPY_PASTE_RATE
            ),
            dict(type='mmcuts3d.PackPseudoLabels'),
        ],
    ),
)
