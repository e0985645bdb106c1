# And weighs the mask loss: the paper's method (Table 6).
ablation = dict(
    table='Table 7',
    name='+ soft target loss',
    paper=dict(AP=9.1, AP50=18.0, AP75=8.0),
)
