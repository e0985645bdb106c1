# Alpha-blending by the mean of the map, without confidence in the loss.
ablation = dict(
    table='Table 5b',
    name='alpha by mean',
)

confidence = dict(loss=False, blending='mean')
