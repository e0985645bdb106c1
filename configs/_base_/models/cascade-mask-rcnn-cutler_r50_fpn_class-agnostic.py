# CutLER's detector in mmdet: detectron2's Cascade Mask R-CNN, with one mask
# head (CutS3D supplement, E.2: "we largely follow the standard settings from
# CutLER").
#
# "CutLER" is its published cascade_mask_rcnn_R_50_FPN.yaml, "detectron2" a
# default of version 0.6 that it leaves as it is. What stays mmdet's: how
# layers are initialised, boxes without an area among the negatives of later
# stages, and DropLoss measures with all pseudo-labels of an image (CutLER
# with as many of its matched boxes as there are pseudo-labels, from the
# first on).
_base_ = './cascade-mask-rcnn_r50_fpn_class-agnostic.py'

model = dict(
    rpn_head=dict(
        # detectron2: RPN.SMOOTH_L1_BETA 0.0, L1. mmdet's loss asks for more
        # than 0.
        loss_bbox=dict(type='mmdet.SmoothL1Loss', beta=1e-6, loss_weight=1.0),
    ),
    roi_head=dict(
        # One mask head on the RoIs of the first stage; the gradient of the
        # box features is divided by 3.
        type='mmcuts3d.SingleMaskCascadeRoIHead',
        stage_loss_weights=[1, 1, 1],
        bbox_head=[
            dict(
                type='mmdet.Shared2FCBBoxHead',
                in_channels=256,
                fc_out_channels=1024,
                roi_feat_size=7,
                num_classes=1,
                # detectron2: ROI_BOX_CASCADE_HEAD.BBOX_REG_WEIGHTS, which
                # are one over these.
                bbox_coder=dict(
                    type='mmdet.DeltaXYWHBBoxCoder', target_stds=target_stds
                ),
                reg_class_agnostic=True,  # CutLER: CLS_AGNOSTIC_BBOX_REG
                loss_cls=dict(type='mmdet.CrossEntropyLoss', loss_weight=1.0),
                # detectron2: ROI_BOX_HEAD.SMOOTH_L1_BETA 0.0, divided by the
                # number of all RoIs, as mmdet does.
                loss_bbox=dict(type='mmdet.L1Loss', loss_weight=1.0),
            )
            for target_stds in (
                [1 / 10, 1 / 10, 1 / 5, 1 / 5],
                [1 / 20, 1 / 20, 1 / 10, 1 / 10],
                [1 / 30, 1 / 30, 1 / 15, 1 / 15],
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
        ],
    ),
    train_cfg=dict(
        rpn=dict(
            # detectron2 has no least IoU for a label's best anchor; the
            # little keeps labels without an area from all anchors.
            assigner=dict(min_pos_iou=0.01),
            allowed_border=-1,  # detectron2: anchors may leave the image
        ),
        rcnn=[
            dict(
                assigner=dict(
                    type='mmdet.MaxIoUAssigner',
                    # detectron2: ROI_BOX_CASCADE_HEAD.IOUS
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
                    # detectron2 samples in the first stage (CutLER:
                    # POSITIVE_FRACTION 0.25), among the proposals and the
                    # labels. Later stages take all boxes of the one before.
                    pos_fraction=0.25 if iou_thr == 0.5 else 1.0,
                    neg_pos_ub=-1,
                    add_gt_as_proposals=iou_thr == 0.5,
                ),
                mask_size=28,
                pos_weight=-1,
                debug=False,
            )
            for iou_thr in (0.5, 0.6, 0.7)
        ],
    ),
)
