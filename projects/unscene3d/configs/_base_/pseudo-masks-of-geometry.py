# Pseudo-masks of geometry and colour alone: no weights, no frames. Chosen on
# embedded rooms, see the README.
labeler = dict(
    type='mmcuts3d.SceneLabeler',
    segmenter=dict(type='mmcuts3d.Felzenszwalb', smooth=1),
    features=[dict(type='mmcuts3d.GeometricFeatures')],
    cut=dict(tau=0.75, min_nodes=2, min_size=100),
)
