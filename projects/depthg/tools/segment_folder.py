"""Segments a folder of images without labels: .../segment_folder.py IMAGES.

    segment_folder.py IMAGES --out DIR              colour and texture
    segment_folder.py IMAGES --depth DEPTH          guided by depth files
    segment_folder.py IMAGES --config CONFIG        DINO's features

Learns codes and clusters from the images alone, and writes for each image
labels/NAME.png (numbers of clusters, with a palette) and overlay/NAME.png,
and sheet.png, classes.json and a table of how much of the folder each
cluster covers. Clusters have numbers, no names. Call it again when it was
stopped: it goes on. Run it from the root of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import json

import numpy as np
from mmengine.config import DictAction
from PIL import Image

import projects.depthg.depthg  # noqa: F401  # registers
from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from projects.depthg.depthg.data import (
    CLASSES_FILE,
    ClassList,
    write_label_map,
)
from projects.depthg.depthg.pictures import draw_rows, over_image
from projects.depthg.depthg.training import (
    folder_config,
    segment_images,
    train_folder,
)

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('images', help='folder of images')
    add('--out', default='depthg_output', help='(%(default)s)')
    add('--clusters', type=int, default=8, help='to find (%(default)s)')
    add('--depth', help='folder of depth files, 0 = nearest, by stem')
    add('--steps', type=int, help='of the training (those of the config)')
    add('--seed', type=int, default=0, help='of what is drawn (%(default)s)')
    add('--no-crf', action='store_true', help='borders as patches have them')
    add(
        '--config',
        default=str(CONFIGS / 'depthg_classical_folder.py'),
        help='depthg_classical_folder.py, or depthg_vit-s8_folder.py',
    )
    add('--cfg-options', nargs='+', action=DictAction, help='key=value')
    add_examples(
        parser,
        'projects/depthg/tools/segment_folder.py images \\\n'
        '--depth depth --out out',
    )
    return parser.parse_args(arguments)


def run(args: argparse.Namespace) -> None:
    """Train, segment, write."""
    config = folder_config(
        load_config(args.config, args.cfg_options),
        args.images,
        args.out,
        depth=args.depth,
        clusters=args.clusters,
        steps=args.steps,
        seed=args.seed,
    )
    config.model.test_cfg = dict(crf=not args.no_crf)
    steps = config.train_cfg.max_iters
    guide = 'guided by depth' if args.depth else 'without depth'
    print(f'[1/2] learning, {steps} steps, {guide}', flush=True)
    model = train_folder(config)
    print('[2/2] segmenting', flush=True)
    out = Path(args.out)
    names = tuple(f'cluster {n}' for n in range(args.clusters))
    classes = ClassList(names)
    counts = np.zeros(args.clusters, np.int64)
    rows = []
    for found in segment_images(model, config):
        name = Path(found.name).with_suffix('.png')
        painted = over_image(found.image, found.clusters, classes.palette)
        for folder in ('labels', 'overlay'):
            (out / folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_label_map(out / 'labels' / name, found.clusters, classes.palette)
        Image.fromarray(painted).save(out / 'overlay' / name)
        counts += np.bincount(found.clusters.ravel(), minlength=args.clusters)
        if len(rows) < 6:
            rows.append({'image': square(found.image)})
            rows[-1]['clusters'] = square(painted)
    legend = dict(zip(names, classes.palette, strict=True))
    draw_rows(rows, out / 'sheet.png', legend=legend)
    content = json.dumps(classes.content(), indent=2)
    (out / CLASSES_FILE).write_text(content + '\n', 'utf-8')
    print(f'{"cluster":>8} {"share of pixels":>16}')
    for number, count in enumerate(counts):
        print(f'{number:>8} {100 * count / counts.sum():>15.1f}%')
    print(f'written: {out / "labels"}, {out / "overlay"}, {out / "sheet.png"}')


def square(image: np.ndarray) -> np.ndarray:
    """The square in the middle: panels of a sheet have one shape."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def main(arguments: list[str] | None = None) -> int:
    """Segments a folder."""
    args = parse_args(arguments)
    run(args)
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
