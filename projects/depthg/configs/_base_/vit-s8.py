# DINO's ViT-S/8, as all data sets take it; ViT-B/8 in the config of a set.
model = dict(
    type='mmcuts3d.DepthG',
    features=dict(
        type='mmcuts3d.ViTKeys',
        arch='small',
        patch_size=8,
        weights='dino_vits8',  # downloaded at first use
        kind='token',  # STEGO: the output of the last block
        image_size=224,  # supplement, Table 1
    ),
    test_features=dict(image_size=320),  # supplement, Table 1
    head=dict(type='mmcuts3d.StegoHead', in_channels=384, code_channels=70),
    loss=dict(type='mmcuts3d.CorrelationLoss', variant='closeness'),
)
