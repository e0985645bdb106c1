# The whole way on two CPU cores: label the embedded scenes with CutS3D, train
# a small Cascade Mask R-CNN, self-train one round, evaluate after both.
# `python tools/train.py` with this file alone does all of it.
_base_ = [
    '../_base_/datasets/rgbd_scenes.py',
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/default_runtime.py',
]

# Settings that others follow. Set them in a config that has this one as its
# base, or by --cfg-options, and the tools of mmcuts3d see to it; elsewhere by
# the environment variable named.
data_root = '{{$MMCUTS3D_DATA_ROOT:data/rgbd_scenes}}'
labels_dir = '{{$MMCUTS3D_LABELS_DIR:work_dirs/rgbd_scenes_labels}}'
max_iters = {{'$MMCUTS3D_MAX_ITERS:600'}}
# The round of self-training begins here, or in the middle of a shorter run.
first_round = min({{'$MMCUTS3D_FIRST_ROUND:300'}}, max(max_iters // 2, 1))

# Weights, order of the images and augmentations follow from the seed.
randomness = dict(seed=0)

# Names with two underscores in front are this file's own, and no settings.
# ---- the labels -----------------------------------------------------------
__train_images = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.RGBDScenes',
        data_root=data_root + '/train',
        num_scenes=160,
        seed=0,
        pipeline=_base_.test_dataloader.dataset.pipeline,
    ),
)
__labeler = dict(
    type='mmcuts3d.CutS3DLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    depth=dict(
        type='mmcuts3d.DepthFromFiles',
        root=data_root + '/train/depth',
    ),
    # As many masks as part in 3D (benchmarks/quality, "adaptive").
    cut=dict(preset='adaptive'),
)

# ---- the data the detector sees -------------------------------------------
__load_pipeline = [
    dict(type='mmcuts3d.LoadImage'),
    dict(type='mmcuts3d.LoadPseudoLabels'),
    dict(type='mmdet.Resize', scale=(256, 256), keep_ratio=False),
    dict(type='mmdet.RandomFlip', prob=0.5),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='mmdet.MultiImageMixDataset',
        dataset=dict(
            type='mmcuts3d.PseudoLabelDataset',
            ann_file=labels_dir + '/pseudo_labels.json',
            data_prefix=dict(img=data_root + '/train/color'),
            filter_cfg=dict(filter_empty_gt=True, min_size=8),
            pipeline=__load_pipeline,
        ),
        pipeline=[
            dict(
                type='mmcuts3d.ConfidentCopyPaste',
                min_ratio=0.3,  # supplement, Table 8
                max_ratio=1.0,  # supplement, Table 8
                blend=dict(type='mmcuts3d.AlphaBlend'),
                mask_occluded_thr=64,
            ),
            dict(type='mmcuts3d.PackPseudoLabels'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.RGBDScenes',
        data_root=data_root + '/val',
        num_scenes=40,
        seed=1,
        pipeline=_base_.test_dataloader.dataset.pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    type='mmcuts3d.ClassAgnosticCocoMetric',
    ann_file=data_root + '/val/instances.json',
)
test_evaluator = val_evaluator
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

# ---- a small Cascade Mask R-CNN, no pre-trained weights -------------------
model = dict(
    data_preprocessor=dict(pad_size_divisor=32),
    backbone=dict(
        depth=18,
        base_channels=32,  # half of ResNet-18's: a step takes half the time
        init_cfg=None,
    ),
    neck=dict(in_channels=[32, 64, 128, 256], out_channels=64),
    rpn_head=dict(
        in_channels=64,
        feat_channels=64,
        anchor_generator=dict(scales=[4]),
    ),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=64),
        bbox_head=[
            dict(
                type='mmcuts3d.DropLossBBoxHead',
                in_channels=64,
                fc_out_channels=256,
                roi_feat_size=7,
                num_classes=1,
                bbox_coder=dict(
                    type='mmdet.DeltaXYWHBBoxCoder', target_stds=target_stds
                ),
                reg_class_agnostic=True,
                loss_cls=dict(type='mmcuts3d.DropLoss'),
                loss_bbox=dict(
                    type='mmdet.SmoothL1Loss', beta=1.0, loss_weight=1.0
                ),
            )
            for target_stds in (
                [0.1, 0.1, 0.2, 0.2],
                [0.05, 0.05, 0.1, 0.1],
                [0.033, 0.033, 0.067, 0.067],
            )
        ],
        mask_roi_extractor=dict(out_channels=64),
        mask_head=[
            dict(
                type='mmcuts3d.SpatialConfidenceMaskHead',
                num_convs=2,
                in_channels=64,
                conv_out_channels=64,
                num_classes=1,
                loss_mask=dict(type='mmcuts3d.SpatialConfidenceBCE'),
            )
            for _ in range(3)
        ],
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=500, max_per_img=100),
        rcnn=[
            dict(
                assigner=dict(
                    type='mmdet.MaxIoUAssigner',
                    pos_iou_thr=iou_thr,
                    neg_iou_thr=iou_thr,
                    min_pos_iou=iou_thr,
                    match_low_quality=False,
                    ignore_iof_thr=-1,
                ),
                sampler=dict(
                    type='mmcuts3d.OverlapRandomSampler',
                    num=64,
                    pos_fraction=0.25,
                    neg_pos_ub=-1,
                    add_gt_as_proposals=True,
                ),
                mask_size=28,
                pos_weight=-1,
                debug=False,
            )
            for iou_thr in (0.5, 0.6, 0.7)
        ],
    ),
    test_cfg=dict(
        rpn=dict(nms_pre=300, max_per_img=100),
        rcnn=dict(max_per_img=30),
    ),
)

# ---- label, train, self-train ---------------------------------------------
train_cfg = dict(
    type='mmcuts3d.LabelThenTrainLoop',
    max_iters=max_iters,
    val_interval=first_round,
    labels=dict(
        model=__labeler, dataloader=__train_images, out_dir=labels_dir
    ),
)
custom_hooks = [
    dict(
        type='mmcuts3d.SelfTrainingHook',
        begins=[first_round],
        dataloader=__train_images,
        out_dir=labels_dir + '/self_training',
        score_thr=0.5,
        lr=0.01,
    )
]
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=1e-4),
    clip_grad=dict(max_norm=10, norm_type=2),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=50),
]
default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(interval=first_round, max_keep_ckpts=2),
)
