"""The dense CRF, in numba and in torch, against pydensecrf: masks and time.

    python benchmarks/labeling/crf.py --data DIR [--images N] [--out FILE]
    python benchmarks/labeling/crf.py --data DIR --device cuda

DIR is a folder of images with features and depth, see inputs.py. The masks
are the accepted ones of CutS3D (preset paper, N = 3). All are run in turns, on
the same images and on one thread, the torch twin on `--device`.
Seconds are those of this process's CPU; on another device those of the clock.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')  # before numpy and torch

import numpy as np
import torch
from inputs import Input, load, names_of, pydensecrf

from mmcuts3d.cuts import CutS3D, dense_crf, mask_iou, resize_nearest
from mmcuts3d.cuts.batched import dense_crf as twin
from mmcuts3d.cuts.types import ACCEPTED

#: Pairs of which the IoU of masks is told.
PAIRS = (('numba', 'pydensecrf'), ('torch', 'pydensecrf'), ('torch', 'numba'))


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--data', type=Path, required=True, help='folder of images')
    add('--images', type=int, default=100, help='at most (%(default)s)')
    add('--device', default='cpu', help='of the torch twin (%(default)s)')
    add('--out', type=Path, help='JSON file of the numbers')
    return parser.parse_args(arguments)


def masks_of(case: Input) -> np.ndarray:
    """The masks (M, H, W) of the accepted steps."""
    cut = CutS3D()
    surface = cut.local.surface(case.depth, case.features.shape[1:])
    size = case.image.shape[:2]
    masks = [
        resize_nearest(step.local_cut, size)
        for step in cut.steps(case.features, surface)
        if step.status == ACCEPTED
    ]
    return np.stack(masks) if masks else np.zeros((0, *size), bool)


def one_image(data: Path, stem: str, device: str) -> dict:
    """Seconds of each CRF, and the IoU of each mask between them."""
    case = load(data, stem)
    image, masks = case.image, masks_of(case)
    if not len(masks):
        return {'image': stem, 'masks': 0}
    on_cpu = torch.device(device).type == 'cpu'
    clock = time.process_time if on_cpu else time.perf_counter
    found, seconds = {}, {}
    begin = time.process_time()
    found['numba'] = dense_crf(image, masks)
    seconds['numba'] = time.process_time() - begin
    begin = clock()
    found['torch'] = twin(image, masks, device=device)  # arrays: it is done
    seconds['torch'] = clock() - begin
    begin = time.process_time()
    found['pydensecrf'] = [pydensecrf(image, mask) for mask in masks]
    seconds['pydensecrf'] = time.process_time() - begin
    return {
        'image': stem,
        'masks': len(masks),
        'seconds': seconds,
        'iou': {
            f'{one}, {other}': list(map(iou, found[one], found[other]))
            for one, other in PAIRS
        },
    }


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """IoU of two masks; two empty ones agree."""
    return mask_iou(one, other) if one.any() or other.any() else 1.0


def main(arguments: list[str] | None = None) -> None:
    """Runs the comparison and prints its numbers."""
    args = parse_args(arguments)
    torch.set_num_threads(1)
    stems = names_of(args.data, args.images)
    one_image(args.data, stems[0], args.device)  # compiles, warms up
    rows = [one_image(args.data, stem, args.device) for stem in stems]
    rows = [row for row in rows if row['masks']]
    numbers = {'images': len(rows), 'masks': sum(row['masks'] for row in rows)}
    for one, other in PAIRS:
        pair = f'{one}, {other}'
        worst = np.array([min(row['iou'][pair]) for row in rows])
        numbers[f'worst IoU: {pair}'] = float(worst.min())
        numbers[f'images with all masks at 0.98: {pair}'] = int(
            (worst >= 0.98).sum()
        )
    taken = {
        name: np.array([row['seconds'][name] for row in rows])
        for name in ('numba', 'torch', 'pydensecrf')
    }
    for name, values in taken.items():
        where = f' on {args.device}' if name == 'torch' else ''
        numbers[f'seconds, median: {name}{where}'] = float(np.median(values))
        numbers[f'seconds, worst: {name}{where}'] = float(values.max())
    for one, other in (('pydensecrf', 'numba'), ('torch', 'numba')):
        ratio = taken[one] / taken[other]
        numbers[f'ratio, median: {one} / {other}'] = float(np.median(ratio))
        numbers[f'ratio, least: {one} / {other}'] = float(ratio.min())
        numbers[f'ratio, most: {one} / {other}'] = float(ratio.max())
    for name, value in numbers.items():
        print(f'{name:50} {value:.4g}')
    if args.out:
        args.out.write_text(json.dumps({**numbers, 'rows': rows}, indent=1))


if __name__ == '__main__':
    main()
