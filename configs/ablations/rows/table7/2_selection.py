# Copy-paste takes the masks that are surest.
ablation = dict(
    table='Table 7',
    name='+ confident selection',
)

confidence = dict(blending=False, loss=False)
