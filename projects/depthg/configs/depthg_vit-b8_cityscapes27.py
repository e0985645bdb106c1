# DepthG on Cityscapes (27 classes), ViT-B/8 (supplement, Table 2): the whole
# map of features, no pointwise centring.
_base_ = [
    '_base_/project.py',
    '_base_/runtime.py',
    '_base_/vit-s8.py',
    '_base_/data.py',
]

__root = 'data/cityscapes27'
model = dict(
    num_clusters=27,
    num_classes=27,
    features=dict(arch='base', weights='dino_vitb8'),
    head=dict(in_channels=768, code_channels=100),
    loss=dict(
        self_term=dict(weight=0.95, shift=0.39),
        knn_term=dict(weight=1.02, shift=0.25),
        random_term=dict(weight=0.57, shift=0.26),
        depth_term=dict(weight=0.09, shift=0.03),
        centring='none',
    ),
    guidance=dict(
        type='mmcuts3d.DepthGuidance', schedule=dict(every=400, factor=0.8)
    ),
    sampling=dict(type='mmcuts3d.AllPlaces'),
)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(data_root=__root),
        neighbours=f'{__root}/neighbours_dino-vitb8.npz',
    )
)
val_dataloader = dict(dataset=dict(data_root=__root))
test_dataloader = dict(dataset=dict(data_root=__root))
