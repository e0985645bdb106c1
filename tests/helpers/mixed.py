"""Small runs of detectors: embedded scenes as pseudo-labels."""

import json

import numpy as np
from mmengine.config import Config

from helpers.dense_detectors import shrink_model
from mmcuts3d.datasets.rgbd_scenes import write_scenes
from mmcuts3d.labels import encode_confidence

SIDE = 128


def write_labels(folder):
    """Four scenes and their true masks as labels, half of each in doubt.

    Returns:
        Path: The label file, beside ``color/`` of the scenes.
    """
    write_scenes(folder, num_scenes=4, seed=3, size=(SIDE, SIDE))
    labels = json.loads((folder / 'instances.json').read_text())
    map_ = np.full((8, 8), 1.0)
    map_[:, ::2] = 0.5
    for annotation in labels['annotations']:
        annotation['score'] = 0.9
        annotation['confidence'] = encode_confidence(map_)
    path = folder / 'labels.json'
    path.write_text(json.dumps(labels))
    return path


def small_run(path, folder, max_iters=3):
    """A config's model made small, on those scenes; the rest is its own.

    Args:
        path (Path): The config.
        folder (Path): Of :func:`write_labels`.
        max_iters (int): Iterations; validation comes after the last.

    Returns:
        Config: To run with mmengine's Runner.
    """
    config = Config.fromfile(path)
    shrink_model(config.model)
    loader = config.train_dataloader
    loader.update(batch_size=2, num_workers=0, persistent_workers=False)
    labels = loader.dataset.dataset
    labels.update(
        data_root=str(folder),
        ann_file='labels.json',
        data_prefix={'img': 'color'},
        serialize_data=False,  # its garbage collection takes a second
    )
    resize = labels.pipeline[2]
    assert resize.type == 'RandomChoiceResize'
    resize.scales = [(SIDE, SIDE), (96, 96)]
    val = config.val_dataloader
    val.update(num_workers=0, persistent_workers=False)
    val.dataset.update(
        data_root=str(folder),
        ann_file='instances.json',
        data_prefix={'img': 'color'},
    )
    config.val_evaluator.ann_file = str(folder / 'instances.json')
    for key in ('test_dataloader', 'test_evaluator', 'test_cfg'):
        config.pop(key)
    val.dataset.pipeline[1].scale = (SIDE, SIDE)
    config.train_cfg.update(max_iters=max_iters, val_interval=max_iters)
    wrapper = config.optim_wrapper
    if 'Amp' in wrapper.type:  # mixed precision wants a GPU
        wrapper.type = 'mmcuts3d.ParameterwiseClipOptimWrapper'
        wrapper.pop('loss_scale', None)
    for hook in config.get('custom_hooks', []):
        if hook.type == 'mmcuts3d.PreciseBNHook':
            hook.num_batches = 1
    config.work_dir = str(folder / 'work')
    config.randomness = {'seed': 0}
    config.env_cfg = {}
    config.log_level = 'WARNING'
    config.default_hooks.logger.interval = 1
    config.default_hooks.pop('checkpoint')
    return config
