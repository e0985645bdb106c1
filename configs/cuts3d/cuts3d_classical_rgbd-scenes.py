# CutS3D's pseudo-masks on the embedded RGB-D scenes: no weights, no download.
# `python tools/test.py configs/cuts3d/cuts3d_classical_rgbd-scenes.py`
_base_ = [
    '../_base_/datasets/rgbd_scenes.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.CutS3DLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    depth=dict(
        type='mmcuts3d.DepthFromFiles', root=_base_.data_root + '/val/depth'
    ),
    cut=dict(preset='touching'),
)
