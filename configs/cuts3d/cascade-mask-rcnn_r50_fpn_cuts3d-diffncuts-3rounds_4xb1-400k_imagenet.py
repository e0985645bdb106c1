# The whole training of CutS3D's best detector as one run, on pseudo-masks of
# DiffNCuts features (supplement, Table 5).
#
# Needs data/imagenet/annotations/cuts3d-diffncuts_pseudo_labels, made by
# python tools/generate_pseudo_labels.py
#     configs/cuts3d/cuts3d_vit-s8-diffncuts_zoedepth_imagenet.py
#     --images data/imagenet/train
#     --out data/imagenet/annotations/cuts3d-diffncuts_pseudo_labels
_base_ = './cascade-mask-rcnn_r50_fpn_cuts3d-3rounds_4xb1-400k_imagenet.py'

train_dataloader = dict(
    dataset=dict(
        dataset=dict(ann_file='annotations/cuts3d-diffncuts_pseudo_labels')
    ),
)
custom_hooks = _base_.custom_hooks
custom_hooks[0].out_dir = 'data/imagenet/annotations/cuts3d-diffncuts_3rounds'
