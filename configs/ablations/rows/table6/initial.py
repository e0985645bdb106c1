# DiffNCuts features; on the scenes the classical ones.
ablation = dict(
    table='Table 6',
    name='initial',
    paper=dict(AP=9.1, AP50=18.0, AP75=8.0),
)
