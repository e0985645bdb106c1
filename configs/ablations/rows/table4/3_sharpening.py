# The cut in 3D of a sharpened graph. 9.8 is of the supplement, Table 3a.
ablation = dict(
    table='Table 4',
    name='+ Spatial Importance Sharpening',
    rounds=1,
    paper=dict(AP=9.8),
)

confidence = False
