# Labels alone: what a round and a teacher are measured against.
ablation = dict(
    table='Beyond the paper',
    name='no self-training',
    scales=['scenes'],
)
