# Alpha-blending by the map, without confidence in the loss.
ablation = dict(
    table='Table 5b',
    name='alpha by map',
)

confidence = dict(loss=False)
