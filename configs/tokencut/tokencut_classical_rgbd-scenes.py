# TokenCut's one mask an image on the embedded RGB-D scenes, seen in 2D.
# `python tools/test.py configs/tokencut/tokencut_classical_rgbd-scenes.py`
_base_ = [
    '../_base_/datasets/rgbd_scenes.py',
    'mmdet::_base_/default_runtime.py',
]

model = dict(
    type='mmcuts3d.MaskCutLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    cut=dict(
        num_instances=1,
        # TokenCut, main_tokencut.py: --tau, --eps.
        semantic=dict(tau_ncut=0.2, eps=1e-5, corner_rule='largest'),
        refine=dict(crf=False),
    ),
)
