# The labeler of the paper's ablations (Sec. 5: DiffNCuts features), with the
# images that it labels, for configs that label and train in one run.
__pipeline = [
    dict(type='mmcuts3d.LoadImage'),
    dict(type='mmdet.Resize', scale=(480, 480), keep_ratio=False),
    dict(
        type='mmdet.PackDetInputs',
        meta_keys=(
            'img_id',
            'img_path',
            'ori_shape',
            'img_shape',
            'scale_factor',
        ),
    ),
]
labeling = dict(
    model=dict(
        type='mmcuts3d.CutS3DLabeler',
        features=dict(
            type='mmcuts3d.ViTKeys',
            arch='small',  # supplement, Table 7: ViT-S/8
            patch_size=8,
            # See cuts3d_vit-s8-diffncuts_zoedepth_imagenet.py.
            weights='checkpoints/diffncuts_vits8.pth',
            image_size=480,  # CutS3D, Sec. 4
        ),
        depth=dict(
            type='mmcuts3d.DepthFromTransformers',
            model='Intel/zoedepth-nyu-kitti',  # supplement, Table 7
        ),
        cut=dict(
            preset='paper',
            num_instances=3,  # supplement, Table 7: N
            semantic=dict(
                tau_ncut=0.13,  # supplement, Table 7
                sharpening=dict(beta=0.45),  # supplement, Table 7
            ),
            local=dict(
                tau_knn=0.115,  # supplement, Table 7
                tau_knn_min=0.05,  # supplement, Table 7
                num_cuts=6,  # supplement, Table 7: T
                outside='push',  # camera-ready version, Sec. 3.2
            ),
        ),
    ),
    dataloader=dict(
        batch_size=16,
        num_workers=4,
        persistent_workers=False,
        drop_last=False,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(
            type='mmcuts3d.ImageFolder',
            data_root='data/imagenet/',
            data_prefix=dict(img='train/'),
            recursive=True,
            test_mode=True,
            pipeline=__pipeline,
        ),
    ),
)
