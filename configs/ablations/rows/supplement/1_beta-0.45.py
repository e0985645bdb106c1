# The least Spatial Importance, without Spatial Confidence.
ablation = dict(
    table='Supplement, Table 1',
    name='beta 0.45',
    paper=dict(AP=8.5),
)

cut = dict(semantic=dict(sharpening=dict(beta=0.45)))
confidence = False
