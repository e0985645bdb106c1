# MaskCut's pseudo-masks of ImageNet with DiffNCuts features: the baseline of
# CutS3D's pseudo-mask evaluation (supplement, Table 6).
#
# python tools/test.py configs/maskcut/maskcut_vit-s8-diffncuts_imagenet.py
_base_ = [
    '../_base_/datasets/imagenet_labeling.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.MaskCutLabeler',
    features=dict(
        type='mmcuts3d.ViTKeys',
        arch='small',  # supplement, Table 7: ViT-S/8
        patch_size=8,  # supplement, Table 7
        # DiffNCuts. Its authors publish a ViT-S/16 (by the name
        # diffncuts_vits16, with patch_size=16); a ViT-S/8 trained with their
        # code goes here by its path.
        weights='checkpoints/diffncuts_vits8.pth',
        image_size=480,  # CutS3D, Sec. 4
    ),
    cut=dict(
        num_instances=3, semantic=dict(tau_ncut=0.15)
    ),  # CutLER: --N, --tau
)
