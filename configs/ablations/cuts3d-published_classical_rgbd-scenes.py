# CutS3D without what goes beyond the paper, on the embedded RGB-D scenes:
# `mmcuts3d.cuts.PUBLISHED`, written out.
# `python tools/test.py` with this file measures its labels.
_base_ = '../cuts3d/cuts3d_classical_rgbd-scenes.py'

model = dict(
    cut=dict(
        crease=0.0,
        outside='push',  # camera-ready version
        num_instances=3,  # supplement, Table 7: N
        score='confidence',  # Sec. 3.4
        max_eigenvalue=2.0,  # never ends the rounds
        min_separation=0.0,  # keeps every mask
    ),
)
