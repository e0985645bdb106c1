# And blends what it pastes.
ablation = dict(
    table='Table 7',
    name='+ alpha-blending',
)

confidence = dict(loss=False)
