# Mask proposals of MAE, filtered by the saliency map of DINO (Sec. 4).
_base_ = [
    './_base_/project.py',
    '../../../configs/_base_/datasets/image_folder.py',
]

__vit = dict(type='mmcuts3d.ViTKeys', arch='base', patch_size=16)
model = dict(
    type='mmcuts3d.SSLInstancesLabeler',
    features=dict(**__vit, weights='mae_vitb16'),
    saliency_features=dict(**__vit, weights='dino_vitb16'),
    proposals=dict(
        ks=(2, 3, 4, 5),
        split=True,
        min_salient=0.5,
        max_iou=0.8,
    ),
)
