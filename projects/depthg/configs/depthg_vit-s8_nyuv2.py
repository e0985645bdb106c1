# DepthG on NYUv2, ViT-S/8. Its settings are printed nowhere: those of
# COCO-Stuff 27, with as many clusters as classes (supplement, B.4).
_base_ = './depthg_vit-s8_coco-stuff27.py'

__root = 'data/nyuv2'
model = dict(num_clusters=13, num_classes=13)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(data_root=__root),
        neighbours=f'{__root}/neighbours_dino-vits8.npz',
    )
)
val_dataloader = dict(dataset=dict(data_root=__root))
test_dataloader = dict(dataset=dict(data_root=__root))
