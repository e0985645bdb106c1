# Mask proposals of the embedded scenes: no weights, no download. Classical
# features stand in for those of a network.
# `python tools/test.py
#  projects/ssl_instances/configs/proposals_classical_rgbd-scenes.py`
_base_ = [
    './_base_/project.py',
    '../../../configs/_base_/datasets/rgbd_scenes.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.SSLInstancesLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
)
