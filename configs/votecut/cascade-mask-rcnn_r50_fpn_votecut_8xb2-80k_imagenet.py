# CuVLER's detector, trained on VoteCut's pseudo-masks with soft targets.
#
# Needs data/imagenet/annotations/votecut_pseudo_labels, the folder that
# tools/generate_pseudo_labels.py makes of data/imagenet/train with
# votecut_6xvit-dino_imagenet.py. "CuVLER" is its published
# cascade_mask_rcnn_R_50_FPN_votecut_cad.yaml, which is CutLER's with
# USE_SOFT_TARGETS, half as many iterations.
_base_ = '../cuts3d/cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'

model = dict(
    roi_head=dict(
        bbox_head=[
            dict(
                type='mmcuts3d.SoftTargetBBoxHead',
                in_channels=256,
                fc_out_channels=1024,
                roi_feat_size=7,
                num_classes=1,
                bbox_coder=dict(
                    type='mmdet.DeltaXYWHBBoxCoder', target_stds=target_stds
                ),
                reg_class_agnostic=True,
                loss_cls=dict(
                    type='mmcuts3d.SoftTargetLoss',
                    loss=dict(
                        type='mmcuts3d.DropLoss',
                        iou_thr=0.01,  # CuVLER: DROPLOSS_IOU_THRESH
                        loss=dict(
                            type='mmdet.CrossEntropyLoss', loss_weight=1.0
                        ),
                    ),
                ),
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
        mask_head=[
            dict(
                type='mmcuts3d.SoftTargetMaskHead',
                num_convs=4,
                in_channels=256,
                conv_out_channels=256,
                num_classes=1,
                loss_mask=dict(
                    type='mmcuts3d.SpatialConfidenceBCE', loss_weight=1.0
                ),
            )
            for _ in range(3)
        ],
    ),
)

train_cfg = dict(max_iters=80_000)  # CuVLER: MAX_ITER, STEPS (80000,)

train_dataloader = dict(
    batch_size=2,  # CuVLER: IMS_PER_BATCH 16, on 8 GPUs (its README)
    dataset=dict(
        dataset=dict(
            ann_file='annotations/votecut_pseudo_labels',
            # Soft targets: an object weighs as much as its score.
            confidence=dict(
                selection=False, blending=False, loss=False, scores=True
            ),
        ),
        pipeline=[
            dict(
                type='mmcuts3d.ConfidentCopyPaste',
                min_ratio=0.3,  # CuVLER: COPY_PASTE_MIN_RATIO
                max_ratio=1.0,  # CuVLER: COPY_PASTE_MAX_RATIO
                prob=1.0,  # CuVLER: COPY_PASTE_RATE
                # CuVLER: COPY_PASTE_RANDOM_NUM; whole pixels are pasted.
                select='random',
            ),
            dict(type='mmcuts3d.PackPseudoLabels'),
        ],
    ),
)
auto_scale_lr = dict(base_batch_size=16)  # CuVLER: BASE_LR 0.01 for 16
