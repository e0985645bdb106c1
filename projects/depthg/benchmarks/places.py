"""Which classes places are taken of: farthest points, and places by chance.

    python projects/depthg/benchmarks/places.py

Writes the training scenes of the demo to --out and prints, for each class,
the share of all patches and of the patches that are farthest points, and how
many of them are of more than one class. Run it from the root of the
repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse

import torch
from torch import Tensor
from torch.nn import functional

import projects.depthg.depthg  # noqa: F401  # registers
from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import DATASETS
from projects.depthg.depthg.data.class_scenes import SCENE_CLASSES
from projects.depthg.depthg.guidance import far_patches

CONFIG = Path(__file__).resolve().parents[1] / (
    'configs/depthg_oracle_scenes.py'
)
PATCH = 8  # pixels a side
PURE = 0.9  # share of the most frequent class in a patch of one class


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--out', default='depthg_places', help='(%(default)s)')
    add('--scene-seed', type=int, default=0, help='(%(default)s)')
    add('--side', type=int, default=7, help='N: N² places (%(default)s)')
    add('--near', type=float, default=0.3, help='see FarthestPlaces')
    return parser.parse_args(arguments)


def patches_of(args: argparse.Namespace) -> tuple[Tensor, Tensor]:
    """Shares of classes (B, K, n) and depth (B, h, w) of the patches."""
    config = load_config(CONFIG).train_dataloader.dataset.dataset.dataset
    config.data_root = str(Path(args.out) / f'train-{args.scene_seed}')
    config.scene_seed = args.scene_seed
    samples = [one['data_samples'] for one in DATASETS.build(config)]
    labels = torch.stack([one.label_map for one in samples]).long()
    depth = torch.stack([torch.as_tensor(one.depth) for one in samples])
    number = len(SCENE_CLASSES.names)
    one_hot = functional.one_hot(labels, number).permute(0, 3, 1, 2).float()
    shares = functional.avg_pool2d(one_hot, PATCH)
    pooled = functional.avg_pool2d(depth[:, None].float(), PATCH)[:, 0]
    return shares.flatten(2), pooled


def main(arguments: list[str] | None = None) -> int:
    """Prints the table."""
    args = parse_args(arguments)
    torch.manual_seed(0)
    shares, depth = patches_of(args)
    places = far_patches(depth.numpy(), args.side**2, near=args.near)
    index = torch.from_numpy(places)[:, None].expand(-1, shares.shape[1], -1)
    farthest = torch.gather(shares, 2, index)
    print(f'{"":12}{"patches":>9}{"farthest":>10}')
    for number, name in enumerate(SCENE_CLASSES.names):
        row = [
            100 * float(one[:, number].mean()) for one in (shares, farthest)
        ]
        print(f'{name:12}{row[0]:8.1f}%{row[1]:9.1f}%')
    row = [
        100 * float((one.max(1).values < PURE).float().mean())
        for one in (shares, farthest)
    ]
    print(f'{"mixed":12}{row[0]:8.1f}%{row[1]:9.1f}%')
    return 0


if __name__ == '__main__':
    sys.exit(main())
