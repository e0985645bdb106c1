# The threshold of the graph in 3D, without Spatial Confidence. 0.115 is the
# paper's value (supplement, Table 7); the others are ours, around it.
ablation = dict(
    table='Table 5a',
    name='tau_knn 0.115',
)

cut = dict(local=dict(tau_knn=0.115))
confidence = False
