# Trained with depth of sensors; the base's own.
ablation = dict(
    table='Table 8',
    name='ZoeDepth',
    scales=['imagenet'],
    paper=dict(AP=9.1, AP50=18.0),
)
