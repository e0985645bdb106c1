"""Finds the nearest images of a training: .../find_neighbours.py CONFIG.

Computes the features of all images of the config's training, a batch at a
time, and writes the file of neighbours that the config names
(train_dataloader.dataset.neighbours). Memory holds a batch and two chunks of
descriptors, however many images there are. When it was stopped, the same
command goes on. Run it from the root of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
from typing import Any

import torch
from mmengine.config import Config, DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import DATASETS, MODELS

#: Transforms that draw: an image has one descriptor.
CHANCE = 'MirrorAtRandom'


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('config', help='of a training on pairs')
    add('--number', type=int, default=30, help='of each image (%(default)s)')
    add(
        '--pooling',
        choices=('mean', 'moments'),
        default='mean',
        help="what a descriptor is: the mean of the features (STEGO's), or "
        'mean and deviation, for features whose mean is 0 (%(default)s)',
    )
    add('--batch-size', type=int, default=16, help='images (%(default)s)')
    add('--chunk', type=int, default=4096, help='descriptors (%(default)s)')
    add('--device', help='such as cpu (a GPU where there is one)')
    add('--cfg-options', nargs='+', action=DictAction, help='key=value')
    add_examples(
        parser,
        'projects/depthg/tools/find_neighbours.py CONFIG \\\n'
        '--device cuda --number 30',
    )
    return parser.parse_args(arguments)


def images_of(config: Config, name: str) -> tuple[dict[str, Any], str]:
    """The images of a training, without chance, and the file to write.

    Raises:
        ValueError: If the config trains on no pairs.
    """
    pairs = config.get('train_dataloader', {}).get('dataset', {})
    if 'neighbours' not in pairs or 'dataset' not in pairs:
        raise ValueError(
            f'{name}: expected train_dataloader.dataset to be PairedImages, '
            f'but got {pairs.get("type")}'
        )
    images = pairs['dataset'].to_dict()
    inner = images
    while 'pipeline' not in inner and 'dataset' in inner:
        inner = inner['dataset']
    inner['pipeline'] = [
        step
        for step in inner.get('pipeline', [])
        if not str(step['type']).endswith(CHANCE)
    ]
    return images, pairs['neighbours']


def show(done: int, total: int) -> None:
    """How far it is, on one line of a terminal."""
    end = '\n' if done == total else ''
    print(f'\r{done:,} of {total:,} images', end=end, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Finds and writes."""
    from projects.depthg.depthg.neighbours import find_neighbours

    args = parse_args(arguments)
    config = load_config(args.config, args.cfg_options)
    images, path = images_of(config, args.config)
    device = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    source = MODELS.build(config.model.features).to(device).eval()

    def features(batch: torch.Tensor, samples: Any) -> torch.Tensor:
        return source(batch.to(device), samples)

    found = find_neighbours(
        DATASETS.build(images),
        features,
        path,
        args.number,
        settings=config.model.features.to_dict(),
        pooling=args.pooling,
        batch_size=args.batch_size,
        chunk=args.chunk,
        tell=show,
    )
    number, each = found.indices.shape
    print(f'{path}: {each} neighbours of each of {number:,} images')
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
