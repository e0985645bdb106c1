# ImageNet with the pseudo-masks of CutS3D (Sec. 3.4 and 4).
#
# "CutLER" is its published cascade_mask_rcnn_R_50_FPN.yaml.
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
            ann_file='annotations/cuts3d_pseudo_labels',
            data_prefix=dict(img='train/'),
            filter_cfg=dict(filter_empty_gt=True, min_size=32),
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
                min_ratio=0.3,  # Table 8
                max_ratio=1.0,  # Table 8
                prob=1.0,  # CutLER: COPY_PASTE_RATE
                # CutS3D, Sec. 3.4: confident selection and alpha-blending.
                select='confident',
                blend=dict(type='mmcuts3d.AlphaBlend'),
            ),
            dict(type='mmcuts3d.PackPseudoLabels'),
        ],
    ),
)
