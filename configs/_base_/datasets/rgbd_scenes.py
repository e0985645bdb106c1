# The embedded RGB-D scenes, made by code on first use.
data_root = '{{$MMCUTS3D_DATA_ROOT:data/rgbd_scenes}}'

__pipeline = [
    # The name that mmdet's DetInferencer looks for.
    dict(type='mmcuts3d.LoadImageFromFile'),
    dict(type='mmdet.Resize', scale=(256, 256), keep_ratio=False),
    dict(type='mmdet.PackDetInputs'),
]
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.RGBDScenes',
        data_root=data_root + '/val',
        num_scenes=40,
        seed=1,
        pipeline=__pipeline,
    ),
)
test_cfg = dict(type='TestLoop')
test_evaluator = dict(
    type='mmcuts3d.ClassAgnosticCocoMetric',
    ann_file=data_root + '/val/instances.json',
)
