# VoteCut's pseudo-masks on the embedded RGB-D scenes, which it sees in 2D.
# Three grids of classical features stand in for the networks: no weights.
# `python tools/test.py configs/votecut/votecut_classical_rgbd-scenes.py`
_base_ = [
    '../_base_/datasets/rgbd_scenes.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.VoteCutLabeler',
    features=[
        dict(type='mmcuts3d.ClassicalFeatures', patch_size=patch_size)
        for patch_size in (8, 12, 16)
    ],
)
