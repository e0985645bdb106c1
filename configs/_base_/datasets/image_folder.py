# A folder of images, at the size the paper cuts them (CutS3D, Sec. 4).
data_root = '{{$MMCUTS3D_DATA_ROOT:data/my_images}}'

__pipeline = [
    dict(type='mmcuts3d.LoadImage'),
    dict(type='mmdet.Resize', scale=(480, 480), keep_ratio=False),
    dict(type='mmdet.PackDetInputs'),
]
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.ImageFolder',
        data_root=data_root,
        data_prefix=dict(img='images'),
        pipeline=__pipeline,
    ),
)
test_cfg = dict(type='TestLoop')
test_evaluator = dict(
    type='mmcuts3d.DumpPseudoLabels', out_dir='work_dirs/my_images_labels'
)
