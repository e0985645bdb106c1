# The paper's pseudo-masks: DINO's keys, lifted from the frames, and features
# of Contrastive Scene Contexts, one file a scan (Sec. 4.2, supplement 8.2).
# Needs DINO's weights, CSC's features and ScanNet's frames.
_base_ = ['_base_/project.py', '_base_/pseudo-masks-of-geometry.py']

labeler = dict(
    segmenter=dict(k=0.005, min_vertices=50, smooth=0),
    features=[
        dict(
            type='mmcuts3d.LiftedFeatures',
            features=dict(type='mmcuts3d.ViTKeys', arch='base', patch_size=8),
            every_nth=20,
        ),
        dict(type='mmcuts3d.FileFeatures', path='data/scannet/csc'),
    ],
    cut=dict(tau=0.65, min_nodes=8),
)
