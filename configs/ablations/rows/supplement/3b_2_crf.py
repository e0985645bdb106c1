# Probabilities of the CRF as confidence.
ablation = dict(
    table='Supplement, Table 3b',
    name='CRF',
    rounds=1,
    paper=dict(AP=10.0),
)

cut = dict(refine=dict(confidence='crf'))
