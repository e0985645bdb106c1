# Sharpening and the cut in 3D.
ablation = dict(
    table='Supplement, Table 3a',
    name='+ LocalCut',
    rounds=1,
    paper=dict(AP=9.8),
)

confidence = False
