"""The study of the open choices, on images with true masks.

    python benchmarks/quality/study.py SET [--semantics oracle|features]
        [--part choose|report] [--settings NAME ...] [--no-crf] [--out DIR]

SET is rgbd_osd, coco_photos, pennfudan (folders of MMCUTS3D_DATA) or scenes,
which are made. ``--semantics oracle`` makes features from the true masks, one
direction for each category, so that the 3D cut is measured alone. Prints one
row per setting: class-agnostic mask metrics in percent, with 95 % bootstrap
intervals over images where the part is 'report', and the ratio to the first
row on the same bootstrap samples. ``--out`` keeps the predictions.
"""

import argparse
import copy
import json
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from cases import GRID, PARTS, SEMANTICS, SETS, Case, load_cases
from runs import Setting, mean_best_iou, read_depth_of, run
from settings import METHODS, OPEN_POINTS, all_settings

from mmcuts3d.cuts import LocalCut, pool_depth, sweep_taus
from mmcuts3d.evaluation.functional import (
    AveragePrecision,
    ImageStatistics,
    image_statistics,
)
from mmcuts3d.evaluation.functional.bootstrap import (
    Interval,
    bootstrap,
)

METRICS = ('AP50', 'AP', 'AR100')


def main() -> None:
    """Prints the table."""
    args = parse_args()
    if args.edges:
        print_edges(args)
        return
    rows = all_settings()
    names = args.settings or [
        *METHODS,
        *(name for group in OPEN_POINTS.values() for name in group),
    ]
    cases = load_cases(args.set, args.part, args.semantics, args.limit)
    truth = [row for case in cases for row in case.annotations]
    print(
        f'{args.set}, part to {args.part}: {len(cases)} images, {len(truth)} '
        f'instances; semantics: {args.semantics}; '
        f'{"without" if args.no_crf else "with"} CRF\n',
        flush=True,
    )
    head = [*METRICS, 'best IoU', 'masks/image']
    if args.part == 'report':
        head += [f'{metric} / {names[0]}' for metric in METRICS[:2]]
    print('| setting |', ' | '.join(head), '|')
    print('|---|' + '---:|' * len(head), flush=True)
    statistics: dict[str, ImageStatistics] = {}
    for name in names:
        start = time.perf_counter()
        setting = rows[name]
        if args.no_crf:
            setting = without_crf(setting)
        found = run(cases, setting)
        if args.out:
            keep(args, name, found)
        images = [case.entry for case in cases]
        statistics[name] = coco_statistics(images, truth, found)
        cells = metric_cells(statistics, names[0], name, args.part == 'report')
        cells.insert(3, f'{mean_best_iou(cases, found):.1f}')
        cells.insert(4, f'{len(found) / len(cases):.2f}')
        print(f'| {name} |', ' | '.join(cells), '|', flush=True)
        if args.times:
            print(f'  {time.perf_counter() - start:.0f} s', flush=True)


def without_crf(setting: Setting) -> Setting:
    """The setting whose patch masks are the pixel masks."""
    method = copy.copy(setting.method)
    method.refine = replace(method.refine, crf=False)
    return replace(setting, method=method)


def parse_args() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument('--semantics', choices=SEMANTICS, default='features')
    parser.add_argument('--part', choices=PARTS, default='choose')
    parser.add_argument('--settings', nargs='+', choices=all_settings())
    parser.add_argument('--no-crf', action='store_true', help='faster')
    parser.add_argument('--limit', type=int, help='first so many images')
    parser.add_argument('--out', type=Path, help='folder of predictions')
    parser.add_argument('--times', action='store_true', help='seconds a row')
    parser.add_argument(
        '--edges', action='store_true', help='the shares of edges cut instead'
    )
    return parser.parse_args()


def coco_statistics(
    images: list[dict], truth: list[dict], found: list[dict]
) -> ImageStatistics:
    """What AP and AR of masks are computed from."""
    group = AveragePrecision('segm', prefix=False)
    return image_statistics([group], images, truth, found)


def metric_cells(
    statistics: dict[str, ImageStatistics],
    baseline: str,
    name: str,
    intervals: bool,
) -> list[str]:
    """Cells of one row: metrics, and their ratio to the first row's."""
    runs = {key: statistics[key] for key in {baseline, name}}
    # 39 is the least that has a 95 % interval; it is not shown then.
    result = bootstrap(runs, 1000 if intervals else 39, baseline=baseline)
    cells = []
    for metric in METRICS:
        value = result.runs[name][metric]
        cells.append(f'{value.value:.1f}')
        if intervals:
            cells[-1] += f' [{value.low:.1f}, {value.high:.1f}]'
    if intervals and name != baseline:
        for metric in METRICS[:2]:
            ratio = result.comparisons[name][metric].ratio
            cells.append(ratio_text(ratio))
    elif intervals:
        cells += ['1', '1']
    return cells


def ratio_text(ratio: Interval) -> str:
    """A ratio with its interval; – where both are 0, ∞ over 0."""
    if math.isnan(ratio.value):
        return '–'
    if math.isinf(ratio.value):
        return '∞'
    return f'{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]'


def keep(args: argparse.Namespace, name: str, found: list[dict]) -> None:
    """Writes predictions as COCO results."""
    args.out.mkdir(parents=True, exist_ok=True)
    part = args.part + ('-no-crf' if args.no_crf else '')
    path = kept(args.out, args.set, args.semantics, part, name)
    path.write_text(json.dumps(found), encoding='utf-8')


def kept(
    folder: Path, name: str, semantics: str, part: str, setting: str
) -> Path:
    """Where the predictions of a setting lie."""
    file = f'{name}-{semantics}-{part}-{setting}.json'
    return folder / file.replace(' ', '_').replace('=', '_')


def print_edges(args: argparse.Namespace) -> None:
    """Prints what tau_knn and the sweep cut, by scale and neighbours."""
    cases = load_cases(args.set, args.part, 'oracle', args.limit)
    print('| z_scale | k | longer than tau_knn | in the sweep besides |')
    print('|---:|---:|---:|---:|')
    for z_scale in (1.0, 3.0, 5.0, 10.0):
        for k in (8, 16, 32):
            gone, sweep = edge_shares(cases, z_scale, k)
            print(f'| {z_scale:g} | {k} | {gone:.0%} | {sweep:.0%} |')


def edge_shares(
    cases: list[Case], z_scale: float, k: int
) -> tuple[float, float]:
    """Of the k-NN edges inside the objects together, the share longer than
    tau_knn, and the share that the sweep of lower thresholds cuts besides."""
    cut = LocalCut(z_scale=z_scale, k=k, outside='drop')
    found = []
    for case in cases:
        objects = case.patches().any(axis=0)
        depth = pool_depth(read_depth_of(case, {}), (GRID, GRID))
        if objects.any():
            found.append(cut.edge_lengths(objects, depth))
    lengths = np.concatenate(found)
    low, high = sweep_taus()[[0, -1]]
    gone = float((lengths > high).mean())
    return gone, float((lengths > low).mean()) - gone


if __name__ == '__main__':
    main()
