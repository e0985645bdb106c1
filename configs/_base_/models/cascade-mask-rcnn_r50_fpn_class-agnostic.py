# mmdet's Cascade Mask R-CNN for one class, with the Spatial Confidence loss.
#
# "CutLER" is its published cascade_mask_rcnn_R_50_FPN.yaml, whose settings
# CutS3D keeps largely (supplement, E.2). Lists replace those of mmdet whole.
_base_ = 'mmdet::_base_/models/cascade-mask-rcnn_r50_fpn.py'

model = dict(
    backbone=dict(
        # CutLER trains all layers, with batch statistics of all GPUs
        # (sync_bn in the schedule makes these layers SyncBN on GPUs).
        frozen_stages=-1,
        norm_eval=False,
        # Table 8: DINO weights. The official file has torchvision's keys; it
        # is downloaded once. Another one goes here by its path.
        init_cfg=dict(
            type='Pretrained', checkpoint='mmcuts3d://dino_resnet50'
        ),
    ),
    # CutLER: FPN.NORM SyncBN.
    neck=dict(norm_cfg=dict(type='BN', requires_grad=True)),
    roi_head=dict(
        bbox_head=[
            dict(
                type='mmdet.Shared2FCBBoxHead',
                in_channels=256,
                fc_out_channels=1024,
                roi_feat_size=7,
                num_classes=1,
                bbox_coder=dict(
                    type='mmdet.DeltaXYWHBBoxCoder', target_stds=target_stds
                ),
                reg_class_agnostic=True,
                loss_cls=dict(type='mmdet.CrossEntropyLoss', loss_weight=1.0),
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
                # Labels without confidences count with SC = 1.
                type='mmcuts3d.SpatialConfidenceMaskHead',
                num_convs=4,
                in_channels=256,
                conv_out_channels=256,
                num_classes=1,
                # CutS3D, Eq. 6, as a mean.
                loss_mask=dict(
                    type='mmcuts3d.SpatialConfidenceBCE', loss_weight=1.0
                ),
            )
            for _ in range(3)
        ],
    ),
    train_cfg=dict(
        # detectron2's Base-RCNN-FPN, which CutLER builds on.
        rpn_proposal=dict(nms_pre=2000, max_per_img=1000),
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
                    # mmdet's RandomSampler, for DropLoss with the overlaps.
                    type='mmcuts3d.OverlapRandomSampler',
                    num=512,
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
    # CutLER: SCORE_THRESH_TEST 0.0, 100 detections an image.
    test_cfg=dict(rcnn=dict(score_thr=0.0, max_per_img=100)),
)
