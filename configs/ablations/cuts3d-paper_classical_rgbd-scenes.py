# CutS3D as the first version of the paper reads to the letter, on the embedded
# RGB-D scenes: `mmcuts3d.cuts.PAPER_READING`, written out.
# `python tools/test.py` with this file measures its labels.
_base_ = '../cuts3d/cuts3d_classical_rgbd-scenes.py'

model = dict(
    cut=dict(
        crease=0.0,
        outside='drop',  # first version, Sec. 3.2
        num_instances=3,  # supplement, Table 7: N
        score='confidence',  # Sec. 3.4
        max_eigenvalue=2.0,  # never ends the rounds
        min_separation=0.0,  # keeps every mask
        terminals='points',  # Sec. 3.2: s and t are one point each
        capacity='distance',  # Sec. 3.2: the weight of an edge
        source='peak',  # Sec. 3.2: max |x|, here max x in the group
        sink='abs',  # Sec. 3.2: min |x|
        pooling='mean',
        crf_rest='background',  # as MaskCut
        early_stop=0.95,
    ),
)
