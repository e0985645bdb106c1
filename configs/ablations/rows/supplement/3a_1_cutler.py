# The baseline, with one round of self-training.
ablation = dict(
    table='Supplement, Table 3a',
    name='CutLER',
    rounds=1,
    paper=dict(AP=9.4),
)

# MaskCut's semantic cut, without 3D and without an early stop.
cut = dict(
    local=False,
    early_stop=1.0,
    semantic=dict(tau_ncut=0.15, sharpening=None, removal='zero'),
)

confidence = False
