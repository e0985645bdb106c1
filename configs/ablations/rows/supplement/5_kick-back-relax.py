# Three rounds, with depth that no label has taught; see table8.
ablation = dict(
    table='Supplement, Table 5',
    name='Kick Back & Relax',
    rounds=3,
    scales=['imagenet'],
    paper=dict(AP=10.69, AP50=20.72),
)

depth = dict(
    type='mmcuts3d.DepthFromFiles', root='data/imagenet/depth_kick-back-relax'
)
