# MaskCut's pseudo-masks of ImageNet with DINO features, as CutLER made them.
#
# python tools/generate_pseudo_labels.py
#     configs/maskcut/maskcut_vit-b8-dino_imagenet.py
#     --images data/imagenet/train --out work_dirs/maskcut_imagenet
_base_ = [
    '../_base_/datasets/imagenet_labeling.py',
    'mmdet::_base_/default_runtime.py',
]

# CutLER's README: --vit-arch base --patch-size 8 --tau 0.15 --fixed_size 480
# --N 3.
model = dict(
    type='mmcuts3d.MaskCutLabeler',
    features=dict(
        type='mmcuts3d.ViTKeys',
        arch='base',
        patch_size=8,
        weights='dino_vitb8',  # downloaded at first use
        image_size=480,
    ),
    cut=dict(num_instances=3, semantic=dict(tau_ncut=0.15)),
)
