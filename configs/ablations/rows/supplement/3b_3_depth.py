# Spatial Confidence.
ablation = dict(
    table='Supplement, Table 3b',
    name='depth',
    rounds=1,
    paper=dict(AP=10.2),
)
