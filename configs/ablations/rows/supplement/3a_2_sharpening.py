# Sharpening without the cut in 3D.
ablation = dict(
    table='Supplement, Table 3a',
    name='+ SIS',
    rounds=1,
    paper=dict(AP=9.6),
)

cut = dict(local=False)
confidence = False
