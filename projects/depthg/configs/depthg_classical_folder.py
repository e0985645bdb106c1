# Your own folder of images, without labels, on a CPU: colour and texture for
# features. See projects/depthg/tools/segment_folder.py, which sets the
# folders, clusters and steps.
_base_ = ['_base_/project.py', '_base_/runtime.py', '_base_/folder.py']

model = dict(
    features=dict(
        type='mmcuts3d.CachedFeatures',
        source=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
    ),
    head=dict(in_channels=15, code_channels=16),
    loss=dict(random_term=dict(weight=0.70, shift=0.4)),
)
optim_wrapper = dict(optimizer=dict(lr=2e-3))
val_cfg = None
val_evaluator = None
test_cfg = None
test_evaluator = None
train_cfg = dict(max_iters=400, val_interval=400)
default_hooks = dict(checkpoint=dict(interval=100), logger=dict(interval=100))
