# The weights of DepthG's supplement, Table 2, without depth: random places
# (11², STEGO's), no guidance. STEGO's own weights are others.
_base_ = [
    '_base_/project.py',
    '_base_/runtime.py',
    '_base_/vit-s8.py',
    '_base_/data.py',
]

__root = 'data/coco_stuff27'
model = dict(
    num_clusters=27,
    num_classes=27,
    loss=dict(
        self_term=dict(weight=0.58, shift=0.07),
        knn_term=dict(weight=0.36, shift=0.02),
        random_term=dict(weight=0.70, shift=0.76),
        centring='pointwise',
    ),
    sampling=dict(type='mmcuts3d.RandomPlaces', side=11),
)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(data_root=__root, data_prefix=dict(depth_path='')),
        neighbours=f'{__root}/neighbours_dino-vits8.npz',
    )
)
val_dataloader = dict(dataset=dict(data_root=__root))
test_dataloader = dict(dataset=dict(data_root=__root))
