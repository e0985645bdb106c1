# UnScene3D on ScanNet: 600 epochs on M⁰, then three rounds of 50 (Sec. 4.4).
# Scans in data/scannet/scans/SCENE/, their names in data/scannet/train.txt,
# pseudo-masks in data/scannet/pseudo_masks/, see the README. Run with a GPU:
#
#     python projects/unscene3d/tools/self_train.py THIS_FILE
#
# Not the paper's: no MinkowskiEngine, attention to segments in place of
# voxels, layer norm, queries that begin with the features of their segment.
_base_ = [
    '_base_/project.py',
    '_base_/pseudo-masks-of-geometry.py',
    '_base_/segment-mask-transformer.py',
    '_base_/self-training.py',
]

model = dict(backbone=dict(engine='spconv'))

pack = dict(type='mmcuts3d.PackScene', inputs=('height', 'normals'))
train_pipeline = [  # Mask3D's augmentation
    dict(type='mmcuts3d.RandomPose'),
    dict(type='mmcuts3d.ElasticDistortion'),
    pack,
]
test_pipeline = [pack]
train_dataloader = dict(
    batch_size=8,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='SceneEpochSampler'),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='mmcuts3d.PseudoMaskScenes',
        scenes=dict(
            type='mmcuts3d.ScanFolder',
            folder='data/scannet/scans',
            pattern='*/*_vh_clean_2.ply',
            ending='_vh_clean_2',
            names_file='data/scannet/train.txt',
        ),
        labels='data/scannet/pseudo_masks',
        pipeline=train_pipeline,
    ),
)
train_cfg = dict(by_epoch=True, max_epochs=600)
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=1e-4))  # Mask3D
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.04,
        begin=0,
        end=180,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        eta_min=0,
        begin=180,
        end=600,
        convert_to_iter_based=True,
    ),
]
self_training = dict(
    later=dict(
        train_cfg=dict(max_epochs=50),
        param_scheduler=[
            dict(
                type='LinearLR',
                start_factor=0.04,
                begin=0,
                end=15,
                convert_to_iter_based=True,
            ),
            dict(
                type='CosineAnnealingLR',
                eta_min=0,
                begin=15,
                end=50,
                convert_to_iter_based=True,
            ),
        ],
    )
)
