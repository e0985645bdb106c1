# DepthG on COCO-Stuff 27, ViT-B/8 (supplement, Table 2).
_base_ = './depthg_vit-s8_coco-stuff27.py'

__root = 'data/coco_stuff27'
model = dict(
    features=dict(arch='base', weights='dino_vitb8'),
    head=dict(in_channels=768, code_channels=90),
    loss=dict(
        self_term=dict(weight=0.23, shift=0.12),
        knn_term=dict(weight=1.05, shift=0.21),
        random_term=dict(weight=0.24, shift=0.97),
        depth_term=dict(weight=0.16, shift=0.03),
    ),
    guidance=dict(schedule=dict(every=300, factor=0.64)),
    sampling=dict(side=12),
)
train_dataloader = dict(
    dataset=dict(neighbours=f'{__root}/neighbours_dino-vitb8.npz')
)
