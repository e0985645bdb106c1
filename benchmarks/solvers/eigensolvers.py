"""Time the two solvers of the normalized cut, paired, on equal graphs.

Each graph is solved by both, one after the other in one process; the table
shows seconds, their ratio, and whether the bipartitions are equal.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from mmcuts3d.cuts import (
    affinity,
    bipartition,
    mask_iou,
    normalized_cut,
    paint_out,
)

GOAL = 20


def main():
    """Print a row per graph and a summary; 1 if a goal is missed."""
    args = parse_args()
    kind, scenes = 'images', real_scenes(args.images)
    if not scenes:
        kind, scenes = 'synthetic scenes', synthetic_scenes(args.images)
    print(f'{len(scenes)} {kind}, tau = {args.tau}, eps = {args.eps}')
    print(
        f'{"graph":<24}{"nodes":>6}{"strong":>8}{"dense":>9}'
        f'{"lanczos":>9}{"ratio":>7}  equal'
    )
    rows = []
    for name, features in scenes:
        found = np.zeros(features.shape[1:], bool)
        for turn in range(1, args.rounds + 1):
            weights = affinity(paint_out(features, found))
            row, cut = compare(weights, found.shape, args)
            rows.append(row)
            print(
                f'{f"{name}, cut {turn}":<24}{len(weights):>6}'
                f'{(weights > args.tau).mean():>8.1%}'
                f'{row["dense"]:>8.2f}s{row["lanczos"]:>8.3f}s'
                f'{row["ratio"]:>7.0f}  {"yes" if row["equal"] else "NO"}',
                flush=True,
            )
            found |= cut
    ratios = [row['ratio'] for row in rows]
    equal = sum(row['equal'] for row in rows)
    print(
        f'ratio: median {statistics.median(ratios):.0f}, '
        f'lowest {min(ratios):.0f} (goal {GOAL}); '
        f'equal bipartitions: {equal} of {len(rows)}; '
        f'largest difference of eigenvalues: '
        f'{max(row["difference"] for row in rows):.1e}'
    )
    return 0 if equal == len(rows) and min(ratios) >= GOAL else 1


def parse_args():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--images', type=int, default=3)
    parser.add_argument('--rounds', type=int, default=2, help='cuts an image')
    parser.add_argument('--tau', type=float, default=0.15)
    parser.add_argument('--eps', type=float, default=1e-5)
    parser.add_argument(
        '--repeats', type=int, default=3, help='of lanczos, median taken'
    )
    return parser.parse_args()


def compare(weights, grid, args):
    """Solve one graph by both; return the row and the cut's mask."""
    times = []
    for _ in range(args.repeats):
        start = time.perf_counter()
        lanczos = normalized_cut(weights, args.tau, args.eps)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    dense = normalized_cut(weights, args.tau, args.eps, 'dense')
    seconds = time.perf_counter() - start
    cuts = [
        bipartition(result.eigenvector.reshape(grid))
        for result in (lanczos, dense)
    ]
    lanczos_time = statistics.median(times)
    row = {
        'dense': seconds,
        'lanczos': lanczos_time,
        'ratio': seconds / lanczos_time,
        'equal': mask_iou(cuts[0].foreground, cuts[1].foreground) == 1,
        'difference': abs(lanczos.eigenvalue - dense.eigenvalue),
    }
    return row, cuts[0].component


def real_scenes(number):
    """(name, features (64, 60, 60)) of real images, if they are here."""
    data = os.environ.get('MMCUTS3D_DATA', ROOT.parent / 'shared' / 'data')
    files = sorted(Path(data).glob('*/features_mobilenetv2/*.npz'))
    # Every set in turn, so that a short run sees more than one.
    folders = {}
    for file in files:
        folders.setdefault(file.parts[-3], []).append(file)
    order = sorted(
        (place, folder, file)
        for folder, group in folders.items()
        for place, file in enumerate(group)
    )
    scenes = []
    for _, _, file in order[:number]:
        with np.load(file) as stored:
            features = stored['features'].astype(np.float32) * stored['scale']
        scenes.append((file.stem, features))
    return scenes


def synthetic_scenes(number, grid=60):
    """Noisy discs of a few kinds on a noisy ground."""
    scenes = []
    for seed in range(number):
        rng = np.random.default_rng(seed)
        rows, columns = np.mgrid[:grid, :grid]
        kinds = np.zeros((grid, grid), int)
        for kind in (1, 2, 3):
            row, column = rng.uniform(15, 45, 2)
            radius = rng.uniform(6, 12)
            kinds[np.hypot(rows - row, columns - column) < radius] = kind
        centres = rng.normal(size=(4, 64))
        features = centres[kinds].transpose(2, 0, 1)
        features = features + rng.normal(size=features.shape)
        scenes.append((f'scene {seed}', features.astype(np.float32)))
    return scenes


if __name__ == '__main__':
    sys.exit(main())
