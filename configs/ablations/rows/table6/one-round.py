# DiffNCuts features; on the scenes the classical ones.
ablation = dict(
    table='Table 6',
    name='one round',
    rounds=1,
    paper=dict(AP=10.2, AP50=20.1, AP75=9.2),
)
