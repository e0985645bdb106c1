"""Does the confidence-weighted loss learn less of what is in doubt?

    python leaks.py [--seeds 0 1 2] [--iterations 400] [--out FOLDER]

A controlled experiment on the embedded scenes. Every true mask gets a leak: a
copy of itself, moved by 0.4 of its box to a random side, is added to it. The
confidence is 1 in the true mask and 0.05 in the leak, so that labels are
corrupted exactly where confidence is low. The small detector of the demo
trains on these labels with the confidence in the loss and without, and on the
true masks; nothing else uses the confidence. The table stands in README.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

import numpy as np
from mmengine.config import ConfigDict
from pycocotools import mask as coco_mask
from scenes import DEMO, ROOT, write_rows, write_scenes

from mmcuts3d.engine.ablations.running import METRICS, command, last_metrics
from mmcuts3d.engine.config import load_config
from mmcuts3d.labels import instance_to_annotation, read_labels

SHIFT, DOUBT = 0.4, 0.05
#: What is trained: labels, and what confidence is used for.
ARMS = {
    'true masks': ('true', False),
    'leaks, plain loss': ('leaks', False),
    'leaks, confidence in the loss': (
        'leaks',
        {
            'floor': DOUBT,
            'selection': False,
            'blending': False,
            'loss': True,
        },
    ),
}


def leak_of(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W) bool, a moved copy of a mask, without the mask."""
    rows, columns = np.nonzero(mask)
    sizes = np.array([np.ptp(rows) + 1, np.ptp(columns) + 1])
    steps = [(0, 1), (0, -1), (1, 0), (-1, 0)][rng.integers(4)]
    shift = np.rint(SHIFT * sizes * steps).astype(int)
    rows, columns = rows + shift[0], columns + shift[1]
    inside = (
        (rows >= 0)
        & (rows < mask.shape[0])
        & (columns >= 0)
        & (columns < mask.shape[1])
    )
    moved = np.zeros_like(mask)
    moved[rows[inside], columns[inside]] = True
    return moved & ~mask


def write_labels(truth: Path, out: Path, seed: int) -> None:
    """Labels with leaks, and without, of a ground truth."""
    rng = np.random.default_rng(seed)
    labels = read_labels(truth)
    rows: dict[str, dict[int, list]] = {'true': {}, 'leaks': {}}
    for annotation in labels['annotations']:
        mask = coco_mask.decode(annotation['segmentation']).astype(bool)
        leak = leak_of(mask, rng)
        confidence = np.where(leak, DOUBT, np.where(mask, 1.0, 0.0))
        image = annotation['image_id']
        rows['true'].setdefault(image, []).append(
            instance_to_annotation(mask, 1.0)
        )
        rows['leaks'].setdefault(image, []).append(
            instance_to_annotation(mask | leak, 1.0, confidence)
        )
    for name, of_image in rows.items():
        write_rows(labels['images'], of_image, out / f'{name}.json')


def run(out: Path, arm: str, seed: int, iterations: int) -> dict[str, float]:
    """Train an arm, and what its validation measured, in percent."""
    labels, confidence = ARMS[arm]
    config = load_config(DEMO, {'data_root': str(out / 'scenes')})
    config.train_cfg = ConfigDict(
        type='IterBasedTrainLoop',
        max_iters=iterations,
        val_interval=iterations,
    )
    config.custom_hooks = []
    dataset = config.train_dataloader.dataset.dataset
    dataset.ann_file = str(out / f'{labels}.json')
    dataset.confidence = confidence
    config.randomness = {'seed': seed}
    work_dir = out / f'{arm.replace(" ", "_")}_{seed}_{iterations}'
    work_dir.mkdir(exist_ok=True)
    if not (work_dir / 'done').exists():
        config.dump(work_dir / 'config.py')
        train = command([sys.executable, str(ROOT / 'tools' / 'train.py')])
        train(work_dir / 'config.py', work_dir)
        (work_dir / 'done').touch()
    return last_metrics(work_dir)


def main() -> None:
    """Trains all arms, and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument('--iterations', type=int, default=400)
    parser.add_argument('--out', default='work_dirs/leaks')
    args = parser.parse_args()
    out = Path(args.out).absolute()
    out.mkdir(parents=True, exist_ok=True)
    write_labels(write_scenes(out / 'scenes' / 'train'), out, seed=0)
    found = {
        arm: [run(out, arm, seed, args.iterations) for seed in args.seeds]
        for arm in ARMS
    }
    print(f'| labels, loss | {" | ".join(METRICS)} |')
    print(f'|---|{"---:|" * len(METRICS)}')
    for arm, runs in found.items():
        cells = []
        for name in METRICS:
            values = [one[name] for one in runs]
            spread = f' ± {statistics.stdev(values):.1f}' * (len(values) > 1)
            cells.append(f'{statistics.mean(values):.1f}{spread}')
        print(f'| {arm} | {" | ".join(cells)} |')


if __name__ == '__main__':
    main()
