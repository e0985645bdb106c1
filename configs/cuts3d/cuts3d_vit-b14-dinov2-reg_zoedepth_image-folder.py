# CutS3D's pseudo-masks of your images with features of DINOv2 ViT-B/14 with
# registers.
#
# python tools/generate_pseudo_labels.py
#     configs/cuts3d/cuts3d_vit-b14-dinov2-reg_zoedepth_image-folder.py
#     --images images --out work_dirs/my_labels
#
# tau_ncut is Otsu's threshold of the cosines of each image. Nothing was
# measured with these weights, which could not be had (docs/features.md): look
# at some cuts of your own images before you label many.
#
# Code and weights of DINOv2 are under the Apache License 2.0. They are fetched
# from the hub at first use; a folder is named by --cfg-options
# model.features.model=DIR.
_base_ = [
    '../_base_/datasets/image_folder.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.CutS3DLabeler',
    features=dict(
        type='mmcuts3d.FeaturesFromTransformers',
        model='dinov2_vitb14_reg',
        kind='token',  # published recipes: output tokens, not keys
        layer=-1,
        grid=60,  # 840 pixels in patches of 14; CutS3D, Sec. 4, has 60 as well
    ),
    depth=dict(
        type='mmcuts3d.DepthFromTransformers',
        model='Intel/zoedepth-nyu-kitti',
    ),
    # The threshold comes from each image; published recipes have 0.2 to 0.8.
    cut=dict(preset='robust'),
)
# The network's own size, so that it sees the pixels of larger images. Masks
# are refined at this size too; at 480 that is faster.
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='mmcuts3d.LoadImage'),
            dict(type='mmdet.Resize', scale=(840, 840), keep_ratio=False),
            dict(type='mmdet.PackDetInputs'),
        ]
    )
)
