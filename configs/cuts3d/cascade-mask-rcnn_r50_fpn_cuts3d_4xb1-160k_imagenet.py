# CutS3D's detector, trained on its pseudo-masks (supplement, Table 8).
#
# Needs data/imagenet/annotations/cuts3d_pseudo_labels, the folder that
# tools/generate_pseudo_labels.py makes of data/imagenet/train; a label file
# will do too, in `ann_file`.
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/imagenet_pseudo-labels.py',
    '../_base_/datasets/coco_val_class-agnostic.py',
    '../_base_/schedules/schedule_160k.py',
    '../_base_/default_runtime.py',
]

model = dict(
    roi_head=dict(
        # CutS3D, Sec. 4: DropLoss, here in all three stages.
        bbox_head=[
            dict(
                type='mmcuts3d.DropLossBBoxHead',
                in_channels=256,
                fc_out_channels=1024,
                roi_feat_size=7,
                num_classes=1,
                bbox_coder=dict(
                    type='mmdet.DeltaXYWHBBoxCoder', target_stds=target_stds
                ),
                reg_class_agnostic=True,
                loss_cls=dict(
                    type='mmcuts3d.DropLoss',
                    iou_thr=0.01,  # CutLER: DROPLOSS_IOU_THRESH
                    loss=dict(type='mmdet.CrossEntropyLoss', loss_weight=1.0),
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
    ),
    train_cfg=dict(
        # CutLER: RPN.POST_NMS_TOPK_TRAIN, RPN.NMS_THRESH.
        rpn_proposal=dict(max_per_img=4000, nms=dict(iou_threshold=0.65)),
    ),
    test_cfg=dict(rpn=dict(nms=dict(iou_threshold=0.65))),
)

train_dataloader = dict(batch_size=1)  # Table 8: 4, on 4 GPUs
