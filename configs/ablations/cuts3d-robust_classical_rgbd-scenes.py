# CutS3D by the preset `robust`, on the embedded RGB-D scenes.
# `python tools/test.py` with this file measures its labels.
_base_ = '../cuts3d/cuts3d_classical_rgbd-scenes.py'

model = dict(cut=dict(preset='robust'))
