# The least Spatial Importance, without Spatial Confidence.
ablation = dict(
    table='Supplement, Table 1',
    name='beta 0.6',
    paper=dict(AP=8.3),
)

cut = dict(semantic=dict(sharpening=dict(beta=0.6)))
confidence = False
