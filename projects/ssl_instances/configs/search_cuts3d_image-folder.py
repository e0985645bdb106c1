# What tools/compare_features.py --search tries settings with: CutS3D's cut of
# any features, without depth, so that nothing but an image is needed. The
# config that it writes inherits this one; give it your depth there.
_base_ = [
    '../../../configs/_base_/datasets/image_folder.py',
    'mmdet::_base_/default_runtime.py',
    '_base_/project.py',
]

model = dict(
    type='mmcuts3d.CutS3DLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    depth=dict(type='mmcuts3d.FlatDepth'),
    cut=dict(preset='robust'),
)
