# CutS3D's detector on pseudo-masks of DiffNCuts features (supplement, Tables 7
# and 8), those of its best results.
#
# Needs data/imagenet/annotations/cuts3d-diffncuts_pseudo_labels, made by
# python tools/generate_pseudo_labels.py
#     configs/cuts3d/cuts3d_vit-s8-diffncuts_zoedepth_imagenet.py
#     --images data/imagenet/train
#     --out data/imagenet/annotations/cuts3d-diffncuts_pseudo_labels
_base_ = './cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'

train_dataloader = dict(
    dataset=dict(
        dataset=dict(ann_file='annotations/cuts3d-diffncuts_pseudo_labels')
    ),
)
