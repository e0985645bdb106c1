# The whole way on two CPU cores: propose masks of the embedded scenes, train
# a small SOLOv2 on them with BoxInst's loss. No weights, no download:
# classical features stand in for those of a network.
# `python tools/train.py` with this file alone does all of it.
_base_ = [
    './_base_/project.py',
    './_base_/solov2_r101_fpn_boxinst.py',
    '../../../configs/_base_/datasets/rgbd_scenes.py',
    '../../../configs/_base_/default_runtime.py',
]

# Settings that others follow, see docs of mmcuts3d's demo config.
data_root = '{{$MMCUTS3D_DATA_ROOT:data/rgbd_scenes}}'
labels_dir = '{{$MMCUTS3D_LABELS_DIR:work_dirs/ssl_instances_labels}}'
max_iters = {{'$MMCUTS3D_MAX_ITERS:150'}}

randomness = dict(seed=0)

# Names with two underscores in front are this file's own, and no settings.
# ---- the proposals --------------------------------------------------------
labeler = dict(
    type='mmcuts3d.SSLInstancesLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    # Single patches that a split leaves teach nothing: MaskCut's 1 %.
    proposals=dict(min_patches=10),
)
__train_images = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.RGBDScenes',
        data_root=data_root + '/train',
        num_scenes=80,
        seed=0,
        pipeline=_base_.test_dataloader.dataset.pipeline,
    ),
)

# ---- the data the detector sees -------------------------------------------
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='MultiImageMixDataset',
        dataset=dict(
            type='mmcuts3d.PseudoLabelDataset',
            ann_file=labels_dir + '/pseudo_labels.json',
            data_prefix=dict(img=data_root + '/train/color'),
            filter_cfg=dict(filter_empty_gt=True, min_size=8),
            confidence=False,
            pipeline=[
                dict(type='mmcuts3d.LoadImage'),
                dict(type='mmcuts3d.LoadPseudoLabels'),
                dict(type='mmdet.Resize', scale=(256, 256), keep_ratio=False),
                dict(type='mmdet.RandomFlip', prob=0.5),
            ],
        ),
        pipeline=[
            dict(
                type='mmcuts3d.ConfidentCopyPaste',
                min_ratio=0.5,
                max_ratio=1.0,
                select='random',
                blend=None,
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
val_evaluator = [
    dict(
        type='mmcuts3d.ClassAgnosticCocoMetric',
        ann_file=data_root + '/val/instances.json',
        metric=('segm',),  # SOLOv2 predicts no boxes
    ),
    dict(
        type='mmcuts3d.SameClassRecallMetric',
        ann_file=data_root + '/val/instances.json',
    ),
]
test_evaluator = val_evaluator
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

# ---- a small SOLOv2 that begins with nothing ------------------------------
model = dict(
    backbone=dict(
        depth=18,
        base_channels=32,
        frozen_stages=-1,  # nothing was learned that could be kept
        norm_eval=False,
        init_cfg=None,
    ),
    neck=dict(in_channels=[32, 64, 128, 256], out_channels=64),
    mask_head=dict(
        in_channels=64,
        feat_channels=64,
        stacked_convs=2,
        scale_ranges=((1, 48), (24, 96), (48, 160), (96, 224), (160, 512)),
        num_grids=[20, 16, 12, 8, 6],
        mask_feature_head=dict(
            feat_channels=32,
            out_channels=32,
            norm_cfg=dict(num_groups=8),
        ),
        loss_mask=dict(warmup_iters=100),
    ),
    test_cfg=dict(max_per_img=30),
)

# ---- propose, train -------------------------------------------------------
train_cfg = dict(
    type='mmcuts3d.LabelThenTrainLoop',
    max_iters=max_iters,
    val_interval=max_iters,
    labels=dict(model=labeler, dataloader=__train_images, out_dir=labels_dir),
)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4),
    clip_grad=dict(max_norm=10, norm_type=2),
)
__warmup = min(50, max(max_iters // 4, 1))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        by_epoch=False,
        begin=0,
        end=__warmup,
    ),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=__warmup,
        end=max(max_iters, __warmup + 1),
        eta_min_ratio=0.05,
    ),
]
default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(interval=max_iters, max_keep_ckpts=1),
)
