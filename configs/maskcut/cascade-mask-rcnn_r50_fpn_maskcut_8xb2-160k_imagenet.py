# CutLER's detector, trained on MaskCut's pseudo-masks: the baseline of CutS3D.
#
# Needs data/imagenet/annotations/maskcut_pseudo_labels, the folder that
# tools/generate_pseudo_labels.py makes of data/imagenet/train with
# maskcut_vit-b8-dino_imagenet.py. These labels have no confidence maps, so
# that every pixel has a confidence of exactly 1 and the mask loss is mmdet's.
# "CutLER" is its published cascade_mask_rcnn_R_50_FPN.yaml; model, DropLoss
# and schedule are those that CutS3D took over from it.
_base_ = '../cuts3d/cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'

train_dataloader = dict(
    batch_size=2,  # CutLER: IMS_PER_BATCH 16, on 8 GPUs (its README)
    dataset=dict(
        dataset=dict(ann_file='annotations/maskcut_pseudo_labels'),
        pipeline=[
            dict(
                type='mmcuts3d.ConfidentCopyPaste',
                min_ratio=0.3,  # CutLER: COPY_PASTE_MIN_RATIO
                max_ratio=1.0,  # CutLER: COPY_PASTE_MAX_RATIO
                prob=1.0,  # CutLER: COPY_PASTE_RATE
                # CutLER: COPY_PASTE_RANDOM_NUM; whole pixels are pasted.
                select='random',
            ),
            dict(type='mmcuts3d.PackPseudoLabels'),
        ],
    ),
)
auto_scale_lr = dict(base_batch_size=16)  # CutLER: BASE_LR 0.01 for 16
