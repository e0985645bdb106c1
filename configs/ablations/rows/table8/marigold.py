# Trained on synthetic depth.
ablation = dict(
    table='Table 8',
    name='Marigold',
    scales=['imagenet'],
    paper=dict(AP=8.9, AP50=17.8),
)

depth = dict(
    type='mmcuts3d.DepthFromDiffusers', model='prs-eth/marigold-depth-v1-1'
)
