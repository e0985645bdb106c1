# VoteCut's pseudo-masks of ImageNet, as CuVLER made them: four networks of
# DINO and two of DINOv2 vote. "CuVLER" is its published code.
#
# python tools/generate_pseudo_labels.py
#     configs/votecut/votecut_6xvit-dino_imagenet.py
#     --images data/imagenet/train --out work_dirs/votecut_imagenet
_base_ = [
    '../_base_/datasets/imagenet_labeling.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.VoteCutLabeler',
    # CuVLER, create_pseudo_masks.py: --models. All weights are downloaded at
    # first use.
    features=[
        # Keys of the last attention, images of 480x480 pixels.
        dict(
            type='mmcuts3d.ViTKeys',
            arch=arch,
            patch_size=patch_size,
            weights=weights,
            image_size=480,
        )
        for arch, patch_size, weights in (
            ('small', 16, 'dino_vits16'),
            ('base', 16, 'dino_vitb16'),
            ('small', 8, 'dino_vits8_300ep'),
            ('base', 8, 'dino_vitb8'),
        )
    ]
    + [
        # Output tokens of the last block, after its norm, of 34x34 patches:
        # CuVLER resizes images to 476x476. Here those of 480x480 are resized
        # once more.
        dict(
            type='mmcuts3d.FeaturesFromTransformers',
            model=name,
            kind='token',
            grid=34,
        )
        for name in ('dinov2_vits14', 'dinov2_vitb14')
    ],
    cut=dict(
        # CuVLER: ncut(tau=0.15, eps=1e-5), --Ks (2, 3).
        proposals=dict(tau_ncut=0.15, eps=1e-5, ks=[2, 3]),
        # CuVLER: IoU threshold 0.6, --tau-m 0.2, at most 10 masks an image.
        voting=dict(min_iou=0.6, min_votes=0.2, max_masks=10),
        # CuVLER: MaskCut's CRF around each mask, whose patches stay where it
        # fails.
        refine=dict(crf=True, margin=1 / 3, min_box_iou=0.5, rejected='keep'),
        # CuVLER: the size of a cluster over that of the image's largest.
        score='largest',
    ),
)
