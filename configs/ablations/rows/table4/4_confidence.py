# All of it: the paper's method as it is (Table 6).
ablation = dict(
    table='Table 4',
    name='+ Spatial Confidence',
    rounds=1,
    paper=dict(AP=10.2, AP50=20.1, AP75=9.2),
)
