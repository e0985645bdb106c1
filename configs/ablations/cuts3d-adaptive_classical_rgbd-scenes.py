# CutS3D with as many masks as part in 3D, on the embedded RGB-D scenes:
# `mmcuts3d.cuts.ADAPTIVE`, written out. Beyond the paper.
# `python tools/test.py` with this file measures its labels.
_base_ = '../cuts3d/cuts3d_classical_rgbd-scenes.py'

model = dict(
    cut=dict(num_instances=10, min_separation=0.7, score='separation'),
)
