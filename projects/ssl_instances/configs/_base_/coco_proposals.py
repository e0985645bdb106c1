# Proposals of COCO train2017 and unlabeled2017 (Sec. A.2.1), one label store
# for each, with copy-paste.
__pipeline = [
    dict(type='mmcuts3d.LoadImage'),
    dict(type='mmcuts3d.LoadPseudoLabels'),
    # Sizes are not printed; those of mmdet's SOLOv2 with many scales.
    dict(
        type='RandomChoiceResize',
        scales=[(1333, side) for side in (640, 672, 704, 736, 768, 800)],
        keep_ratio=True,
    ),
    dict(type='RandomFlip', prob=0.5),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='MultiImageMixDataset',
        dataset=dict(
            type='ConcatDataset',
            datasets=[
                dict(
                    type='mmcuts3d.PseudoLabelDataset',
                    data_root='data/coco/',
                    ann_file=f'annotations/ssl_instances_{split}',
                    data_prefix=dict(img=f'{split}/'),
                    filter_cfg=dict(filter_empty_gt=True, min_size=32),
                    confidence=False,  # the proposals have none
                    pipeline=__pipeline,
                )
                for split in ('train2017', 'unlabeled2017')
            ],
        ),
        pipeline=[
            # How much is pasted is not printed.
            dict(
                type='mmcuts3d.ConfidentCopyPaste',
                min_ratio=0.5,
                max_ratio=1.0,
                select='random',
                blend=None,
            ),
            dict(type='mmcuts3d.PackPseudoLabels'),
        ],
    ),
)
