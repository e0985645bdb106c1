# Three rounds of self-training.
ablation = dict(
    table='Supplement, Table 5',
    name='ZoeDepth',
    rounds=3,
    scales=['imagenet'],
    paper=dict(AP=10.7, AP50=20.81),
)
