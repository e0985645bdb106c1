# Self-supervised. No package has it: its depth is read from files, which its
# authors' code makes.
ablation = dict(
    table='Table 8',
    name='Kick Back & Relax',
    scales=['imagenet'],
    paper=dict(AP=9.1, AP50=17.8),
)

depth = dict(
    type='mmcuts3d.DepthFromFiles', root='data/imagenet/depth_kick-back-relax'
)
