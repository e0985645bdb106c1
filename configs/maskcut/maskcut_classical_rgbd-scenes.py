# MaskCut's pseudo-masks on the embedded RGB-D scenes, which it sees in 2D.
# `python tools/test.py configs/maskcut/maskcut_classical_rgbd-scenes.py`
_base_ = [
    '../_base_/datasets/rgbd_scenes.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.MaskCutLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
)
