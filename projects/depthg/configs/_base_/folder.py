# A folder of images; paths, clusters and steps are set by
# projects/depthg/tools/segment_folder.py.
model = dict(
    type='mmcuts3d.DepthG',
    head=dict(type='mmcuts3d.StegoHead'),
    num_clusters=8,
    loss=dict(
        type='mmcuts3d.CorrelationLoss',
        self_term=dict(weight=0.58, shift=0.07),  # Table 2, as the others
        knn_term=dict(weight=0.36, shift=0.02),
        depth_term=dict(weight=0.19, shift=0.03),
        variant='closeness',
    ),
    guidance=dict(
        type='mmcuts3d.DepthGuidance', schedule=dict(every=50, factor=0.6)
    ),
    sampling=dict(type='mmcuts3d.RandomPlaces', side=9),
)
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    sampler=dict(type='NumberedSampler'),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='mmcuts3d.PairedImages',
        num_neighbours=7,
        neighbours='neighbours.npz',
        dataset=dict(
            type='mmcuts3d.SegFolder',
            data_root='images',
            data_prefix=dict(img_path=''),
            pipeline=[
                dict(type='mmcuts3d.LoadImage'),
                dict(type='mmcuts3d.LoadMaps'),
                dict(type='mmcuts3d.ResizeCentreCrop', size=224),
                dict(type='mmcuts3d.PackSegInputs'),
            ],
        ),
    ),
)
