"""What guidance costs a training step: python .../step_cost.py.

Steps without and with guidance take turns on the same batch, so that
whatever else the machine does meets both; the ratio is that of each pair.
Features are DINO's shape, (384, 28, 28), made by chance: extracting them
costs the same with and without, and is left out, so that the ratio is the
worst there is. Processor time, one thread. Run it from the root of the
repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import time

import numpy as np
import torch

import projects.depthg.depthg  # noqa: F401  # registers
from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import MODELS
from projects.depthg.depthg.models import DepthG
from projects.depthg.depthg.structures import SegDataSample

CONFIG = Path(__file__).resolve().parents[1] / (
    'configs/depthg_vit-s8_coco-stuff27.py'
)
RANDOM = dict(type='mmcuts3d.RandomPlaces', side=9)
SIDE = 224


class GivenFeatures(torch.nn.Module):
    """Features that are there already."""

    def __init__(self, features: torch.Tensor) -> None:
        super().__init__()
        self.features = features

    def forward(self, images: torch.Tensor, data_samples: object = None):
        """(B, C, h, w), the same whatever the images."""
        return self.features


def build(guided: bool, far: bool, features: torch.Tensor) -> DepthG:
    """DepthG of COCO-Stuff 27, with its features given."""
    config = load_config(CONFIG)
    settings = config.model.to_dict()
    settings['features'] = dict(
        type='mmcuts3d.ClassicalFeatures', patch_size=8
    )
    settings.pop('test_features')
    if not guided:
        settings['guidance'] = settings['loss']['depth_term'] = None
    if not far:
        settings['sampling'] = RANDOM
    model = MODELS.build(settings)
    model._frozen[0] = GivenFeatures(features)
    return model.train()


def batch(number: int, seed: int) -> dict:
    """Images, labels and depth by chance, and neighbours."""
    rng = torch.Generator().manual_seed(seed)
    images = list(torch.zeros(number, 3, SIDE, SIDE))
    samples = []
    for index in range(number):
        sample = SegDataSample(metainfo=dict(img_path=f'{index}'))
        sample.label_map = torch.randint(0, 27, (SIDE, SIDE), generator=rng)
        sample.depth = torch.rand(SIDE, SIDE, generator=rng)
        samples.append(sample)
    return dict(
        inputs=images,
        data_samples=samples,
        positive_inputs=images,
        positive_samples=samples,
        mode='loss',
    )


def step(model: DepthG, optimizer: torch.optim.Optimizer, data: dict) -> float:
    """Processor seconds of one step."""
    begun = time.process_time()
    losses = model(**data)
    optimizer.zero_grad()
    sum(losses.values()).backward()
    optimizer.step()
    return time.process_time() - begun


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--pairs', type=int, default=10, help='(%(default)s)')
    parser.add_argument('--batch-size', type=int, default=8)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Prints the table."""
    args = parse_args(arguments)
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(
        args.batch_size, 384, SIDE // 8, SIDE // 8, generator=rng
    )
    kinds = {
        'STEGO': (False, False),
        'guidance': (True, False),
        'guidance, FPS': (True, True),
    }
    models = {name: build(*kind, features) for name, kind in kinds.items()}
    optimizers = {
        name: torch.optim.Adam(model.parameters())
        for name, model in models.items()
    }
    data = batch(args.batch_size, 1)
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(args.pairs + 1):
        for name, model in models.items():
            taken = step(model, optimizers[name], data)
            if turn:  # the first compiles and warms up
                seconds[name].append(taken)
    base = np.array(seconds['STEGO'])
    print(f'batch of {args.batch_size}, {args.pairs} pairs, one thread')
    print(f'{"":16}{"ms a step":>12}{"ratio":>8}{"least":>8}{"most":>8}')
    for name, taken in seconds.items():
        ratio = np.array(taken) / base
        print(
            f'{name:16}{1000 * np.median(taken):>12.0f}'
            f'{np.median(ratio):>8.3f}{ratio.min():>8.3f}{ratio.max():>8.3f}'
        )
    return 0


if __name__ == '__main__':
    sys.exit(main())
