# CutS3D without what goes beyond the paper, on the embedded RGB-D scenes:
# `mmcuts3d.cuts.PUBLISHED`, written out.
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
    cut=dict(
        crease=0.0,
        outside='push',  # camera-ready version
        num_instances=3,  # supplement, Table 7: N
        score='confidence',  # Sec. 3.4
        max_eigenvalue=2.0,  # never ends the rounds
        min_separation=0.0,  # keeps every mask
    ),
)
