# One round of self-training, as the paper has it.
ablation = dict(
    table='Beyond the paper',
    name='one round',
    rounds=1,
    scales=['scenes'],
)
