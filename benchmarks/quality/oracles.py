"""What limits the labels: features, depth, the cut, or the grid.

    python benchmarks/quality/oracles.py SET [--part report]

Each row replaces one thing by the truth:

- depth: every instance on a plane of its own, far apart, all else behind;
- features: `oracle` semantics, one direction for each category;
- cut: every semantic mask is split by the true masks instead of by depth,
  and each piece is a mask: what a perfect LocalCut could make of them;
- grid: the true masks on the patch grid, with the CRF: what is lost to 60x60
  patches and the size rule.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from cases import GRID, PARTS, SETS, Case, load_cases
from runs import (
    Setting,
    grid_depth,
    mean_best_iou,
    predictions_of,
    run,
    workers,
)
from settings import touching
from study import coco_statistics, metric_cells

from mmcuts3d.cuts import (
    CutStep,
    MaskCut,
    PseudoInstances,
    Refinement,
    to_instances,
)

MIN_AREA = 0.01


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument('--part', choices=PARTS, default='report')
    parser.add_argument('--limit', type=int)
    args = parser.parse_args()
    real = load_cases(args.set, args.part, 'features', args.limit)
    given = load_cases(args.set, args.part, 'oracle', args.limit)
    images = [case.entry for case in real]
    truth = [row for case in real for row in case.annotations]
    print(f'{args.set}, part to {args.part}: {len(images)} images\n')
    print('| features | depth | cut | AP50 | AP | AR100 | best IoU |')
    print('|---|---|---|---:|---:|---:|---:|', flush=True)
    pool = workers(2)
    rows: dict[str, Callable[[], list[dict]]] = {
        '| real | none | MaskCut': lambda: run(real, Setting(MaskCut())),
        '| real | real | CutS3D': lambda: run(real, Setting(touching())),
        '| **true** | real | CutS3D': lambda: run(given, Setting(touching())),
        '| real | **true** | CutS3D': lambda: run(
            [with_true_depth(case) for case in real], Setting(touching())
        ),
        '| **true** | **true** | CutS3D': lambda: run(
            [with_true_depth(case) for case in given], Setting(touching())
        ),
        '| **true** | **true** | CutS3D, creases=None': lambda: run(
            [with_true_depth(case) for case in given],
            Setting(touching(local={'creases': None})),
        ),
        '| real | real | **true**': lambda: flat(
            pool.map(split_by_truth, real)
        ),
        '| **true** | real | **true**': lambda: flat(
            pool.map(split_by_truth, given)
        ),
        '| – | – | true masks on the grid': lambda: flat(
            pool.map(on_grid, real)
        ),
    }
    for name, make in rows.items():
        found = make()
        statistics = {name: coco_statistics(images, truth, found)}
        cells = metric_cells(statistics, name, name, False)
        cells.append(f'{mean_best_iou(real, found):.1f}')
        print(name, '|', ' | '.join(cells), '|', flush=True)


def flat(lists: object) -> list[dict]:
    """One list of many."""
    return [row for rows in lists for row in rows]  # type: ignore[attr-defined]


def with_true_depth(case: Case) -> Case:
    """The case with instances on planes that are 1/(N + 1) apart."""
    masks = case.masks()
    depth = np.ones(case.size, np.float32)
    # The largest is the farthest, so that none hides behind another.
    order = np.argsort([-mask.sum() for mask in masks])
    for place, index in enumerate(order):
        depth[masks[index]] = 1 - (place + 1) / (len(masks) + 1)
    return replace(case, depth=depth, depth_options={})


def split_by_truth(case: Case) -> list[dict]:
    """Masks that a perfect split of the semantic masks would give."""
    cv2.setNumThreads(1)
    cut = touching()
    steps = cut.steps(case.features, grid_depth(case, cut), case.image)
    union = np.any([step.semantic_mask for step in steps], axis=0)
    return refined(case, [patches & union for patches in case.patches()])


def on_grid(case: Case) -> list[dict]:
    """The true masks as if a method had found their patches."""
    cv2.setNumThreads(1)
    return refined(case, list(case.patches()))


def refined(case: Case, masks: list[np.ndarray]) -> list[dict]:
    """Predictions of patch masks, after the size rule and the CRF."""
    masks = [mask for mask in masks if mask.mean() > MIN_AREA]
    if not masks:
        return []
    zeros = np.zeros((GRID, GRID))
    union = np.any(masks, axis=0)
    steps = [
        CutStep(zeros, union, mask, mask.astype(np.float32), (0, 0))
        for mask in masks
    ]
    found: PseudoInstances = to_instances(
        case.image, steps, Refinement(rest='unknown')
    )
    return predictions_of(case, found)


if __name__ == '__main__':
    main()
