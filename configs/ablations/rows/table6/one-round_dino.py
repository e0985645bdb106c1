# DINO's ViT-B/8 in place of DiffNCuts' ViT-S/8.
ablation = dict(
    table='Table 6',
    name='one round, DINO',
    rounds=1,
    scales=['imagenet'],
    paper=dict(AP=10.0, AP50=19.2, AP75=9.3),
)

features = dict(arch='base', weights='dino_vitb8')
