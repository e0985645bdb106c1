# DINO's ViT-B/8 in place of DiffNCuts' ViT-S/8.
ablation = dict(
    table='Table 6',
    name='initial, DINO',
    scales=['imagenet'],
    paper=dict(AP=8.2, AP50=16.4, AP75=7.5),
)

features = dict(arch='base', weights='dino_vitb8')
