"""Draws training samples as they leave the pipeline of a config.

For each sample the image, its instances with boxes, and their Spatial
Confidence. Beside each box stands its mean confidence, and "pasted" where
ConfidentCopyPaste took it from another image. The labels must be there:
PseudoLabelDataset reads them.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import random
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config, DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('config', help='config with a train_dataloader')
    add(
        '--out',
        help='folder of the pictures (work_dirs/browse/CONFIG)',
    )
    add('--number', type=int, default=16, help='samples (%(default)s)')
    add('--seed', type=int, default=0, help='of the draw (%(default)s)')
    add(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings that replace those of the config: key=value',
    )
    add_examples(
        parser,
        'tools/analysis/browse_dataset.py CONFIG --out samples --number 16',
    )
    args = parser.parse_args(arguments)
    if args.number < 1:
        parser.error(f'--number: at least 1, but got {args.number}')
    return args


def build_dataset(config: Config) -> Any:
    """The training set, told to say which instances were pasted.

    Raises:
        ValueError: If the config has no ``train_dataloader``.
    """
    # --help does not wait for mmdet.
    from mmdet.registry import DATASETS
    from mmengine.registry import init_default_scope

    if config.get('train_dataloader') is None:
        raise ValueError(
            f'Expected {config.filename} to have a `train_dataloader`, but '
            'got none: it trains nothing. A labeler is looked at with '
            'tools/view_cuts.py.'
        )
    init_default_scope(config.get('default_scope', 'mmdet'))
    dataset = DATASETS.build(config.train_dataloader.dataset)
    pipeline = dataset.pipeline
    for step in getattr(pipeline, 'transforms', pipeline):
        if hasattr(step, 'meta_keys'):
            wanted = ('gt_pasted', 'gt_ignore_flags')
            step.meta_keys = (*step.meta_keys, *wanted)
    return dataset


def draw_sample(item: dict[str, Any], title: str) -> np.ndarray:
    """One packed sample as a sheet, (H, W, 3) uint8 RGB.

    Args:
        item (dict): ``inputs`` (3, H, W) uint8 BGR and ``data_samples``.
        title (str): Above the sheet.
    """
    from mmcuts3d.labels import CONFIDENCE_SCALE
    from mmcuts3d.visualization import draw_training_sample

    image = item['inputs'].numpy()[::-1].transpose(1, 2, 0)
    sample = item['data_samples']
    instances = sample.gt_instances
    boxes = getattr(instances.bboxes, 'tensor', instances.bboxes).numpy()
    frame = (len(boxes), *image.shape[:2])
    masks = np.zeros(frame, bool)
    if 'masks' in instances:
        masks = instances.masks.to_ndarray().reshape(frame) > 0
    confidences = None
    if 'confidences' in instances:
        levels = instances.confidences.to_ndarray().reshape(frame)
        confidences = levels / CONFIDENCE_SCALE
    pasted = sample.get('gt_pasted')
    if pasted is not None:
        ignored = np.asarray(sample.gt_ignore_flags, bool)
        if len(pasted) != len(ignored):
            raise ValueError(
                f'Expected the transforms after ConfidentCopyPaste to keep '
                f'its {len(pasted)} instances, but got {len(ignored)}: put '
                'it last before the packing.'
            )
        pasted = pasted[~ignored]
    return draw_training_sample(
        np.ascontiguousarray(image), masks, boxes, confidences, pasted, title
    )


def main(arguments: list[str] | None = None) -> int:
    """Draws samples.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.
    """
    args = parse_args(arguments)
    from mmengine.runner.utils import set_random_seed

    from mmcuts3d.visualization import save_image

    config = load_config(args.config, args.cfg_options)
    dataset = build_dataset(config)
    set_random_seed(args.seed)
    number = min(args.number, len(dataset))
    indices = sorted(random.sample(range(len(dataset)), number))
    default = Path('work_dirs', 'browse', Path(args.config).stem)
    out = Path(args.out or default)
    for index in indices:
        item = dataset[index]
        if item is None:
            print(f'{index}: dropped by the pipeline')
            continue
        name = Path(item['data_samples'].img_path).stem
        sheet = draw_sample(item, f'{index}: {name}')
        print(save_image(sheet, out / f'{index:06d}_{name}.png'))
    print(f'{number} of {len(dataset)} samples drawn')
    return 0


if __name__ == '__main__':
    run_tool_main(main)
