# Your own folder of images, without labels, with DINO's ViT-S/8: a GPU helps.
# See projects/depthg/tools/segment_folder.py.
_base_ = ['_base_/project.py', '_base_/runtime.py', '_base_/folder.py']

model = dict(
    features=dict(
        type='mmcuts3d.ViTKeys',
        arch='small',
        patch_size=8,
        weights='dino_vits8',  # downloaded at first use
        kind='token',
        image_size=224,
    ),
    test_features=dict(image_size=320),
    head=dict(in_channels=384, code_channels=70),
    loss=dict(random_term=dict(weight=0.70, shift=0.76)),  # Table 2
)
train_dataloader = dict(batch_size=16)
val_cfg = None
val_evaluator = None
test_cfg = None
test_evaluator = None
train_cfg = dict(max_iters=400, val_interval=400)
default_hooks = dict(checkpoint=dict(interval=100), logger=dict(interval=100))
