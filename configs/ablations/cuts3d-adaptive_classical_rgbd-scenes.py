# CutS3D with as many masks as part in 3D, on the embedded RGB-D scenes:
# `mmcuts3d.cuts.ADAPTIVE`, written out. Beyond the paper.
# `python tools/test.py` with this file measures its labels.
_base_ = [
    '../_base_/datasets/rgbd_scenes.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.CutS3DLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    depth=dict(
        type='mmcuts3d.DepthFromFiles', root='data/rgbd_scenes/val/depth'
    ),
    cut=dict(num_instances=10, min_separation=0.7, score='separation'),
)
