# The detector of the paper's ablations without Spatial Confidence, on
# pseudo-masks of DiffNCuts features (paper, Sec. 5; supplement, E.2).
#
# Needs data/imagenet/annotations/cuts3d-diffncuts_pseudo_labels, made by
# python tools/generate_pseudo_labels.py
#     configs/cuts3d/cuts3d_vit-s8-diffncuts_zoedepth_imagenet.py
#     --images data/imagenet/train
#     --out data/imagenet/annotations/cuts3d-diffncuts_pseudo_labels
_base_ = './cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'

train_dataloader = dict(
    batch_size=1,  # supplement, E.2: 8, on 8 GPUs
    dataset=dict(
        dataset=dict(
            ann_file='annotations/cuts3d-diffncuts_pseudo_labels',
            confidence=False,
        )
    ),
)

# The rate stays that of Table 8: E.2 names none for this batch.
auto_scale_lr = dict(base_batch_size=8)
