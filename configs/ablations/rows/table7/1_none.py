# Labels of CutS3D, training without any confidence.
ablation = dict(
    table='Table 7',
    name='no confidence',
)

confidence = False
