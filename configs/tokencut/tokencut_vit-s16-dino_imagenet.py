# TokenCut (Wang et al., CVPR 2022): the first mask of MaskCut, by other
# rules. "TokenCut" is its published code, object_discovery.py and
# main_tokencut.py.
#
# python tools/generate_pseudo_labels.py
#     configs/tokencut/tokencut_vit-s16-dino_imagenet.py
#     --images data/imagenet/train --out work_dirs/tokencut_imagenet
_base_ = [
    '../_base_/datasets/imagenet_labeling.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.MaskCutLabeler',
    # TokenCut: --arch vit_small, --patch_size 16, --which_features k.
    features=dict(
        type='mmcuts3d.ViTKeys',
        arch='small',
        patch_size=16,
        weights='dino_vits16',  # downloaded at first use
        # Not TokenCut's, which takes images at their own size, padded to
        # whole patches. 480 is that of CutS3D's evaluation (Sec. 4).
        image_size=480,
    ),
    cut=dict(
        num_instances=1,
        semantic=dict(
            tau_ncut=0.2,  # TokenCut: --tau
            eps=1e-5,  # TokenCut: --eps
            corner_rule='largest',  # TokenCut: the side of the largest |x|
        ),
        # TokenCut's object discovery takes the patches as they are.
        refine=dict(crf=False),
    ),
)
