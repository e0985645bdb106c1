# The cut in 3D alone.
ablation = dict(
    table='Table 4',
    name='+ LocalCut',
    rounds=1,
)

cut = dict(semantic=dict(sharpening=None))
confidence = False
