# CutS3D's pseudo-masks of your images with depth maps beside them, on
# classical features: no weights, no download.
# `python tools/generate_pseudo_labels.py` with this file, --images and --out;
# the folder of the depth maps goes with `--cfg-options model.depth.root=DIR`.
_base_ = [
    '../_base_/datasets/image_folder.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.CutS3DLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    depth=dict(
        type='mmcuts3d.DepthFromFiles', root=_base_.data_root + '/depth'
    ),
    cut=dict(preset='robust'),
)
