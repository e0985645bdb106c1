# DepthG on COCO-Stuff 27, ViT-S/8 (supplement, Table 2). Data and neighbours
# come first, see the README. Then, with a GPU:
#
#     python tools/train.py THIS_FILE
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
        depth_term=dict(weight=0.19, shift=0.03),
        centring='pointwise',
    ),
    guidance=dict(
        type='mmcuts3d.DepthGuidance', schedule=dict(every=250, factor=0.6)
    ),
    sampling=dict(type='mmcuts3d.FarthestPlaces', side=9),
)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(data_root=__root),
        neighbours=f'{__root}/neighbours_dino-vits8.npz',
    )
)
val_dataloader = dict(dataset=dict(data_root=__root))
test_dataloader = dict(dataset=dict(data_root=__root))
