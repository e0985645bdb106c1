# Folders that projects/depthg/tools/convert_data.py writes: `data_root` and
# `neighbours` are set by the config of a data set.
__load = [dict(type='mmcuts3d.LoadImage'), dict(type='mmcuts3d.LoadMaps')]
train_dataloader = dict(
    batch_size=32,  # STEGO
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='NumberedSampler'),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='mmcuts3d.PairedImages',
        num_neighbours=7,  # STEGO
        dataset=dict(
            type='mmcuts3d.SegFolder',
            data_prefix=dict(
                img_path='train/images',
                seg_map_path='train/labels',
                depth_path='train/depth',
            ),
            crops='five',  # supplement, Table 2
            pipeline=[
                *__load,
                dict(type='mmcuts3d.TakeCrop', ratio=0.5),  # STEGO
                dict(type='mmcuts3d.ResizeCentreCrop', size=224),  # Table 1
                dict(type='mmcuts3d.MirrorAtRandom'),
                dict(type='mmcuts3d.PackSegInputs'),
            ],
        ),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='mmcuts3d.SegFolder',
        data_prefix=dict(img_path='val/images', seg_map_path='val/labels'),
        test_mode=True,
        pipeline=[
            *__load,
            dict(type='mmcuts3d.ResizeCentreCrop', size=320),  # Table 1
            dict(type='mmcuts3d.PackSegInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
