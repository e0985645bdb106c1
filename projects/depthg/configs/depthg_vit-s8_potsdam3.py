# DepthG on Potsdam-3, ViT-S/8 (supplement, Table 2): images are crops of
# 200×200 already, and the guidance stays.
_base_ = [
    '_base_/project.py',
    '_base_/runtime.py',
    '_base_/vit-s8.py',
    '_base_/data.py',
]

__root = 'data/potsdam3'
model = dict(
    num_clusters=3,
    num_classes=3,
    loss=dict(
        self_term=dict(weight=0.61, shift=0.2),
        knn_term=dict(weight=0.34, shift=0.09),
        random_term=dict(weight=0.72, shift=0.63),
        depth_term=dict(weight=0.13, shift=0.14),
        centring='pointwise',
    ),
    guidance=dict(type='mmcuts3d.DepthGuidance'),
    sampling=dict(type='mmcuts3d.FarthestPlaces', side=11),
)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(data_root=__root, crops='none'),
        neighbours=f'{__root}/neighbours_dino-vits8.npz',
    )
)
val_dataloader = dict(dataset=dict(data_root=__root))
test_dataloader = dict(dataset=dict(data_root=__root))
