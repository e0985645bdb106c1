# The demo: a small model on embedded rooms, minutes on a CPU. Pseudo-masks in
# work_dirs/unscene3d_room-demo/pseudo_masks/, see the README.
_base_ = [
    '_base_/project.py',
    '_base_/pseudo-masks-of-geometry.py',
    '_base_/segment-mask-transformer.py',
    '_base_/self-training.py',
]

model = dict(
    backbone=dict(
        voxel_size=0.16,  # segments keep the borders sharp
        channels=(16, 32, 48, 64),
        blocks=(0, 1, 1, 1),
        up_channels=(48, 32, 32),
        up_blocks=1,
    ),
    decoder=dict(
        num_queries=40,
        channels=64,
        num_layers=1,
        num_heads=4,
        hidden_channels=128,
    ),
)

pack = dict(type='mmcuts3d.PackScene', inputs=('height', 'normals'))
train_pipeline = [dict(type='mmcuts3d.RandomPose'), pack]
test_pipeline = [pack]
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='SceneEpochSampler'),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='mmcuts3d.PseudoMaskScenes',
        scenes=dict(type='mmcuts3d.RoomScenes', number=24, seed=0),
        labels='work_dirs/unscene3d_room-demo/pseudo_masks',
        pipeline=train_pipeline,
    ),
)
train_cfg = dict(by_epoch=True, max_epochs=100)
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.04,
        begin=0,
        end=10,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        eta_min=0,
        begin=10,
        end=100,
        convert_to_iter_based=True,
    ),
]
default_hooks = dict(checkpoint=dict(interval=10))
self_training = dict(
    rounds=3,
    later=dict(
        train_cfg=dict(max_epochs=25),
        optim_wrapper=dict(optimizer=dict(lr=5e-4)),
        param_scheduler=[
            dict(
                type='LinearLR',
                start_factor=0.04,
                begin=0,
                end=3,
                convert_to_iter_based=True,
            ),
            dict(
                type='CosineAnnealingLR',
                eta_min=0,
                begin=3,
                end=25,
                convert_to_iter_based=True,
            ),
        ],
    ),
)
