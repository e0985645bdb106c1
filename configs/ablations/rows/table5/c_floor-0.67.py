# The least confidence inside a mask. Numbers: supplement, Table 2a.
ablation = dict(
    table='Table 5c',
    name='floor 0.67',
    paper=dict(AP=9.0),
)

confidence = dict(floor=0.67)
