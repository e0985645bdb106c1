# Maps fitted to the image. Numbers: supplement, Table 2b.
ablation = dict(
    table='Table 5d',
    name='aligned maps',
    paper=dict(AP=9.1),
)

cut = dict(refine=dict(confidence='aligned'))
