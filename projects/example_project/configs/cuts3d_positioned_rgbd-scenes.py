# CutS3D's pseudo-masks with the place of a patch among its features.
_base_ = '../../../configs/cuts3d/cuts3d_classical_rgbd-scenes.py'

custom_imports = dict(
    imports=['projects.example_project.example_project'],
    allow_failed_imports=False,
)
model = dict(
    features=dict(type='mmcuts3d.PositionedFeatures', patch_size=8, weight=0.5)
)
