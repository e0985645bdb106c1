# The mask transformer with the sizes of the paper (Sec. 4.4) and, where it
# prints none, of Mask3D (Schult et al., 2023).
model = dict(
    type='mmcuts3d.SegmentMaskTransformer',
    backbone=dict(
        type='mmcuts3d.VoxelUNet',
        in_channels=4,  # height and normals, see PackScene: no colour
        voxel_size=0.02,  # Mask3D
        # Res16UNet34C: channels and blocks of each level. The paper runs it
        # in MinkowskiEngine with batch norm.
        channels=(32, 32, 64, 128, 256),
        blocks=(0, 2, 3, 4, 6),
        up_channels=(256, 128, 96, 96),
        up_blocks=2,
    ),
    decoder=dict(
        type='mmcuts3d.SegmentMaskDecoder',
        num_queries=100,
        channels=128,
        num_layers=3,
        num_levels=4,
        num_heads=8,
        hidden_channels=1024,
    ),
    loss=dict(
        type='mmcuts3d.SegmentSetLoss',
        objectness_weight=2.0,
        mask_weight=5.0,
        dice_weight=2.0,
        no_object_weight=0.1,
        drop_iou_thr=0.01,  # τ_drop: not printed; CutLER's value
    ),
    test_cfg=dict(min_vertices=100, components='largest'),
)
