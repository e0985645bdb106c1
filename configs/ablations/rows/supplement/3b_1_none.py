# Without confidence.
ablation = dict(
    table='Supplement, Table 3b',
    name='no confidence',
    rounds=1,
    paper=dict(AP=9.8),
)

confidence = False
