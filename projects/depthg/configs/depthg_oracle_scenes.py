# The demo: embedded scenes with a map of classes, minutes on a CPU. No
# weights are at hand, so that oracle semantics with noise stand in for DINO's
# features: floor and wall look nearly alike. See
# projects/depthg/tools/demo.py.
_base_ = ['_base_/project.py', '_base_/runtime.py']

__pipeline = [
    dict(type='mmcuts3d.LoadImage'),
    dict(type='mmcuts3d.LoadMaps'),
    dict(type='mmcuts3d.PackSegInputs'),
]
__root = 'work_dirs/depthg_scenes'
model = dict(
    type='mmcuts3d.DepthG',
    features=dict(
        type='mmcuts3d.CachedFeatures',
        source=dict(
            type='mmcuts3d.OracleFeatures',
            num_classes=8,
            channels=64,
            patch_size=8,
            noise=1.5,
            offset=0.3,
            alike=((0, 1, 0.6),),
        ),
    ),
    head=dict(type='mmcuts3d.StegoHead', in_channels=64, code_channels=32),
    num_clusters=8,
    num_classes=8,
    loss=dict(
        type='mmcuts3d.CorrelationLoss',
        self_term=dict(weight=0.58, shift=0.07),  # Table 2, ViT-S
        knn_term=dict(weight=0.36, shift=0.02),
        random_term=dict(weight=0.70, shift=0.76),
        depth_term=dict(weight=0.19, shift=0.03),
        centring='pointwise',
        variant='closeness',
    ),
    guidance=dict(
        type='mmcuts3d.DepthGuidance', schedule=dict(every=50, factor=0.6)
    ),
    sampling=dict(type='mmcuts3d.FarthestPlaces', side=7),
    test_cfg=dict(flip=False, crf=False),
)
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    sampler=dict(type='NumberedSampler'),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='mmcuts3d.PairedImages',
        num_neighbours=7,
        neighbours=f'{__root}/neighbours.npz',
        dataset=dict(
            type='mmcuts3d.MemoryImages',
            dataset=dict(
                type='mmcuts3d.ClassScenes',
                data_root=f'{__root}/train',
                num_scenes=48,
                scene_seed=0,
                serialize_data=False,  # few: packing them takes longer
                size=(128, 128),
                pipeline=__pipeline,
            ),
        ),
    ),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='mmcuts3d.ClassScenes',
        data_root=f'{__root}/test',
        num_scenes=24,
        scene_seed=1,
        serialize_data=False,
        size=(128, 128),
        test_mode=True,
        pipeline=__pipeline,
    ),
)
val_dataloader = None
val_cfg = None
val_evaluator = None
train_cfg = dict(max_iters=200, val_interval=200)
optim_wrapper = dict(
    optimizer=dict(lr=2e-3),
    paramwise_cfg=dict(
        custom_keys={
            'cluster_probe': dict(lr_mult=5.0),
            'linear_probe': dict(lr_mult=5.0),
        }
    ),
)
default_hooks = dict(checkpoint=dict(interval=100), logger=dict(interval=100))
