"""STEGO, with depth guidance, with farthest points: on embedded scenes.

Makes scenes by code, trains each of three arms with three seeds on a CPU,
and measures them on scenes that were kept back: mean and standard deviation.
Writes the table and pictures. What is done is not done again: call it again
when it was stopped. Run it from the root of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import json
import time

import numpy as np
import torch
from mmengine.config import Config, DictAction
from mmengine.runner import load_checkpoint

import projects.depthg.depthg  # noqa: F401  # registers
from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import DATASETS, MODELS
from mmcuts3d.visualization.drawing import draw_depth
from projects.depthg.depthg.data.class_scenes import SCENE_CLASSES
from projects.depthg.depthg.guidance import far_patches
from projects.depthg.depthg.models import Prediction
from projects.depthg.depthg.pictures import (
    draw_line_samples,
    draw_rows,
    over_image,
    patches_of,
)
from projects.depthg.depthg.training import RESULT, run_arm, spread

CONFIG = Path(__file__).resolve().parents[1] / (
    'configs/depthg_oracle_scenes.py'
)
#: In place of farthest places, whatever --cfg-options set of those.
_RANDOM = {
    'model.sampling': dict(_delete_=True, type='mmcuts3d.RandomPlaces', side=7)
}
#: Name to what it changes of the config.
ARMS = {
    'STEGO': {
        **_RANDOM,
        'model.guidance': None,
        'model.loss.depth_term': None,
    },
    'guidance': _RANDOM,
    'guidance, FPS': {},
}
#: More arms, for --variants: how depth is correlated, and guides.
VARIANTS = {
    'guidance as written': {
        **_RANDOM,
        'model.loss.variant': 'as_written',
    },
    'guidance as released': {
        **_RANDOM,
        'model.loss.variant': 'as_released',
    },
    'FPS alone': {
        'model.guidance': None,
        'model.loss.depth_term': None,
    },
    'image plane': {
        **_RANDOM,
        'model.guidance.kind': 'image_plane',
    },
    'perspective plane': {
        **_RANDOM,
        'model.guidance.kind': 'perspective_plane',
    },
    'label map': {**_RANDOM, 'model.guidance.kind': 'truth'},
}
MEASURES = (
    'unsupervised_accuracy',
    'unsupervised_mIoU',
    'linear_accuracy',
    'linear_mIoU',
)


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--out', default='depthg_demo', help='(%(default)s)')
    add('--config', default=str(CONFIG), help='of the trainings (%(default)s)')
    add('--seeds', type=int, default=3, help='of each arm (%(default)s)')
    add(
        '--variants',
        action='store_true',
        help='six more arms: variants of the correlation, other guides',
    )
    add('--no-pictures', action='store_true', help='write no PNG')
    add('--cfg-options', nargs='+', action=DictAction, help='key=value')
    add_examples(
        parser,
        'projects/depthg/tools/demo.py --out depthg_demo',
    )
    args = parser.parse_args(arguments)
    if args.seeds < 1:
        parser.error(f'--seeds must be at least 1, but got {args.seeds}')
    return args


def arm_folder(out: Path, name: str, seed: int) -> Path:
    """Where a run lies."""
    plain = name.lower().replace(',', '').replace(' ', '-')
    return out / f'{plain}_seed-{seed}'


def in_folder(config: Config, out: Path) -> None:
    """Put the scenes and their neighbours below the folder of the demo."""
    dataset = config.train_dataloader.dataset
    dataset.neighbours = str(out / 'scenes/neighbours.npz')
    dataset.dataset.dataset.data_root = str(out / 'scenes/train')
    config.test_dataloader.dataset.data_root = str(out / 'scenes/test')
    config.log_level = 'ERROR'


def run(config: Config, args: argparse.Namespace) -> dict[str, dict]:
    """All arms and seeds; a row of means and deviations for each arm."""
    out = Path(args.out)
    in_folder(config, out)
    arms = {**ARMS, **(VARIANTS if args.variants else {})}
    table = {}
    for name, settings in arms.items():
        runs = []
        for seed in range(args.seeds):
            begun = time.perf_counter()
            folder = arm_folder(out, name, seed)
            runs.append(run_arm(config, settings, seed, folder))
            taken = time.perf_counter() - begun
            print(
                f'[demo] {name}, seed {seed}: mIoU '
                f'{runs[-1]["unsupervised_mIoU"]:.1f} ({taken:.0f} s)',
                flush=True,
            )
        table[name] = spread(runs)
    return table


def draw(config: Config, out: Path) -> list[Path]:
    """The pictures of the demo."""
    dataset = DATASETS.build(config.test_dataloader.dataset)
    items = [dataset[index] for index in range(6)]
    images = [i['inputs'].permute(1, 2, 0).numpy() for i in items]
    depths = [i['data_samples'].depth.numpy() for i in items]
    palette = SCENE_CLASSES.palette
    rows = [
        {
            'image': image,
            'depth': draw_depth(depth),
            'truth': over_image(
                image, item['data_samples'].label_map.numpy(), palette
            ),
        }
        for image, depth, item in zip(images, depths, items, strict=True)
    ]
    for name, settings in ARMS.items():
        found = predictions(config, settings, arm_folder(out, name, 0), items)
        for row, image, labels in zip(rows, images, found, strict=True):
            row[name] = over_image(image, labels, palette)
    legend = dict(zip(SCENE_CLASSES.names, palette, strict=True))
    return [
        draw_rows(rows, out / 'clusters.png', legend=legend),
        draw_line_samples(images[:4], depths[:4], out / 'line_samples.png'),
        draw_rows(
            [sampled(images[n], depths[n], n) for n in range(4)],
            out / 'samples.png',
        ),
    ]


def sampled(
    image: np.ndarray, depth: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Random patches beside farthest ones (supplement, Figure 1)."""
    grid = (image.shape[0] // 8, image.shape[1] // 8)
    pooled = torch.nn.functional.adaptive_avg_pool2d(
        torch.from_numpy(depth)[None], grid
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        number = min(81, grid[0] * grid[1])
        far = far_patches(pooled.numpy(), number)[0]
        drawn = torch.randperm(grid[0] * grid[1])[:number].numpy()
    return {
        'image': image,
        'depth': draw_depth(depth),
        'random': patches_of(image, drawn, grid),
        'farthest points': patches_of(image, far, grid),
    }


def predictions(
    config: Config, settings: dict, folder: Path, items: list[dict]
) -> list[np.ndarray]:
    """Classes that the clusters of a run stand for, with a CRF."""
    from projects.depthg.depthg.training import arm_config

    own = arm_config(config, settings, 0, folder)
    model = MODELS.build(own.model).eval()
    last = (folder / 'last_checkpoint').read_text('utf-8').strip()
    load_checkpoint(model, last, 'cpu', strict=True, logger='silent')
    model.prediction = Prediction(flip=False, crf=True)
    matched = np.array(
        json.loads((folder / RESULT).read_text('utf-8'))['matched']
    )
    found = []
    for item in items:
        (sample,) = model(
            [item['inputs']], [item['data_samples'].clone()], 'predict'
        )
        found.append(matched[sample.pred_clusters.numpy()])
    return found


def main(arguments: list[str] | None = None) -> int:
    """Runs the demo and prints its table."""
    args = parse_args(arguments)
    begun = time.perf_counter()
    config = load_config(args.config, args.cfg_options)
    table = run(config, args)
    pictures = [] if args.no_pictures else draw(config, Path(args.out))
    path = Path(args.out) / 'table.json'
    path.write_text(json.dumps(table, indent=1), 'utf-8')
    heads = ('accuracy', 'mIoU', 'linear acc.', 'linear mIoU')
    print(f'{"":22}' + ''.join(f'{head:>15}' for head in heads))
    for name, row in table.items():
        cells = [f'{row[m][0]:.1f} ± {row[m][1]:.1f}' for m in MEASURES]
        print(f'{name:22}' + ''.join(f'{cell:>15}' for cell in cells))
    for picture in pictures:
        print(f'written: {picture}')
    minutes = (time.perf_counter() - begun) / 60
    print(f'written: {path}; {minutes:.1f} minutes')
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
