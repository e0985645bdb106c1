"""The demo's config, turned from the embedded scenes to other images."""

import argparse
from copy import deepcopy
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import print_log

from mmcuts3d.engine.config import load_config

LABEL_SIDE = 480  # pixels, as the paper has it
DETECTOR_SIDE = 320


def demo_config(path: Path, args: argparse.Namespace, out: Path) -> Config:
    """The training config, with the demo's own entries under ``demo``.

    Args:
        path (Path): The demo recipe.
        args (Namespace): Of the command line.
        out (Path): Folder of everything that is written.

    Returns:
        Config: ``demo`` holds ``images`` (a dataloader of the images to
        measure), ``maskcut`` and ``cuts3d`` (labelers for them),
        ``ann_file``, and ``notes`` for below the table.
    """
    config = load_config(path)
    config.demo = dict(notes=[], ann_file=args.ann)
    config.randomness = dict(seed=args.seed)
    _set_iterations(config, args.iters)
    if args.images is None:
        _use_scenes(config, out, args.scenes)
    else:
        _use_images(config, args)
    # Images of the user are labeled once, to be measured and to be trained
    # on; the scenes to train on are others, which the training loop labels.
    labels = str(out / ('cuts3d' if args.images else 'training/labels'))
    config.train_cfg.labels.out_dir = labels
    config.custom_hooks[0].out_dir = str(out / 'training' / 'rounds')
    dataset = config.train_dataloader.dataset.dataset
    dataset.ann_file = labels + '/pseudo_labels.json'
    to_label = config.train_cfg.labels.dataloader.dataset
    dataset.data_prefix = dict(img=image_folder(to_label))
    config.demo.maskcut = dict(
        type='mmcuts3d.MaskCutLabeler',
        features=deepcopy(config.demo.cuts3d.features),
    )
    # The demo measures the checkpoints itself, with or without ground truth.
    for name in ('val_cfg', 'val_dataloader', 'val_evaluator'):
        config[name] = None
    return config


def image_folder(dataset: dict) -> str:
    """Where the images of a dataset config lie."""
    prefix = dataset.get('data_prefix') or dict(img='color')
    return str(Path(dataset.get('data_root') or '', prefix['img']))


def _set_iterations(config: Config, iterations: int) -> None:
    config.train_cfg.max_iters = 2 * iterations
    config.train_cfg.val_interval = 2 * iterations
    config.custom_hooks[0].begins = [iterations]
    config.default_hooks.checkpoint.update(
        interval=iterations, max_keep_ckpts=-1
    )


def _use_scenes(config: Config, out: Path, scenes: int) -> None:
    data = out / 'scenes'
    for name, number, dataset in (
        ('train', scenes, config.train_cfg.labels.dataloader.dataset),
        ('train', scenes, config.custom_hooks[0].dataloader.dataset),
        ('val', scenes // 4, config.test_dataloader.dataset),
    ):
        dataset.update(data_root=str(data / name), num_scenes=number)
    labeler = config.train_cfg.labels.model
    labeler.depth.root = str(data / 'train' / 'depth')
    config.demo.images = deepcopy(config.test_dataloader)
    config.demo.cuts3d = deepcopy(labeler)
    config.demo.cuts3d.depth.root = str(data / 'val' / 'depth')
    config.demo.ann_file = str(data / 'val' / 'instances.json')
    config.demo.notes.append(
        f'Measured on {scenes // 4} embedded scenes; labeled and trained on '
        f'{scenes} others.'
    )


def _use_images(config: Config, args: argparse.Namespace) -> None:
    dataset = dict(
        type='mmcuts3d.ImageFolder',
        data_root='',
        data_prefix=dict(img=str(Path(args.images).absolute())),
        ann_file=str(Path(args.ann).absolute()) if args.ann else '',
        recursive=args.recursive,
    )
    labeling, detecting = (
        dict(
            config.test_dataloader,
            dataset=dict(dataset, pipeline=_pipeline(side)),
        )
        for side in (LABEL_SIDE, DETECTOR_SIDE)
    )
    config.train_cfg.labels.dataloader = labeling
    config.test_dataloader = detecting
    config.custom_hooks[0].dataloader = detecting
    resize = config.train_dataloader.dataset.dataset.pipeline[2]
    resize.scale = (DETECTOR_SIDE, DETECTOR_SIDE)
    config.train_cfg.labels.model = dict(
        type='mmcuts3d.CutS3DLabeler',
        features=_features(args),
        depth=_depth(args, config.demo.notes),
        cut=dict(preset='robust'),
    )
    config.demo.images = deepcopy(labeling)
    config.demo.cuts3d = deepcopy(config.train_cfg.labels.model)
    config.demo.notes.append(
        'Trained and measured on the same images, without a single label: '
        'the table says how well they are explained, not how well the '
        'detector carries over to others.'
    )


def _pipeline(side: int) -> list[dict]:
    return [
        # The name that mmdet's DetInferencer looks for.
        dict(type='mmcuts3d.LoadImageFromFile'),
        dict(type='mmdet.Resize', scale=(side, side), keep_ratio=False),
        dict(type='mmdet.PackDetInputs'),
    ]


def _features(args: argparse.Namespace) -> dict:
    if args.features:
        return dict(
            type='mmcuts3d.FeaturesFromFiles',
            root=str(Path(args.features).absolute()),
        )
    return dict(type='mmcuts3d.ClassicalFeatures', patch_size=8)


def _depth(args: argparse.Namespace, notes: list[str]) -> dict:
    if args.depth:
        return dict(
            type='mmcuts3d.DepthFromFiles',
            root=str(Path(args.depth).absolute()),
            suffix=['.png', '.npy', '.npz', '.exr', '.tiff'],
            invalid=args.depth_invalid,
            direction=args.depth_direction,
            clip=args.depth_clip or 'auto',
        )
    from mmcuts3d.registry import MODELS

    estimator = dict(
        type='mmcuts3d.DepthFromTransformers',
        model=args.depth_model,
        clip=args.depth_clip or 'auto',
    )
    try:
        MODELS.build(estimator)
    except Exception as error:  # not installed, no network, no such model
        reason = str(error).strip().splitlines()[0][:200]
        print_log(
            f'No depth: {args.depth_model} cannot be had ({reason}). Give '
            '--depth DIR, or --depth-model a local path.',
            logger='current',
        )
        notes.append(
            'NO DEPTH: flat depth was used, so CutS3D had no 3D to cut in; '
            'give --depth.'
        )
        return dict(type='mmcuts3d.FlatDepth')
    notes.append(f'Depth by {args.depth_model}.')
    return estimator
