# The same teacher adds masks that the labels lack, and replaces none.
ablation = dict(
    table='Beyond the paper',
    name='teacher on line, labels stay',
    variant='teacher-adds',
    scales=['scenes'],
)
