# Maps as they are cut. Numbers: supplement, Table 2b.
ablation = dict(
    table='Table 5d',
    name='maps of patches',
    paper=dict(AP=9.1),
)
