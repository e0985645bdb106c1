"""Does the criterion of tools/calibrate.py choose the threshold that AP would?

    python benchmarks/quality/calibration.py SET ... [--part choose|report]
        [--method MaskCut|guarded|...] [--features TEXT ...] [--limit 10]
        [--out FILE.json]
    python benchmarks/quality/calibration.py --saved FILE.json

Features are those of the stress axis, made up from published statistics of
backbones, and of the stand-in backbone. Each image is cut with each threshold
on the whole grid, for AP50 and the mean best IoU of the true masks, and on its
two half grids, for the criterion. Of each set and features: what each
criterion would choose, its rank correlation (Spearman) with AP50 over the
thresholds, and its regret, AP50 of the best threshold less that of the chosen
one. Last, all made-up features and thresholds of a set are one list, as layers
and kinds of a backbone would be, and again with the stand-in backbone among
them. Without the CRF.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from cases import PARTS, Case, load_cases
from runs import mean_best_iou, predictions_of, read_depth_of
from scipy.stats import spearmanr
from stress_axis.classes import classes_of, usual_rest
from stress_axis.methods import STRESSED, Method, method_of
from stress_axis.rows import StressRow, stress_rows

from mmcuts3d.cuts import CutS3D, CutStep
from mmcuts3d.cuts.semantic.affinity import unit_vectors
from mmcuts3d.cuts.semantic.auto_threshold import STRIDE, auto_threshold
from mmcuts3d.engine.calibration import TAUS, half_grids, stability
from mmcuts3d.engine.calibration.cutting import with_threshold
from mmcuts3d.evaluation import evaluate_coco

SETS = ('pennfudan', 'rgbd_osd', 'coco_photos')
STAND_IN = 'stand-in'
FEATURES = (
    'dino-keys',
    'dinov2-tokens',
    'dinov2-artefacts',
    'dinov3-tokens',
    'noise 1.0',
    'offset 0.3',
    STAND_IN,
)
#: Ways to choose; the first is the one of the command.
WAYS = ('stability', 'repeatability', '1 - ncut', "Otsu's eta", 'masks')
#: Where no threshold has more AP50 (percent) nothing can be chosen.
LEAST = 2.0


def main(arguments: list[str] | None = None) -> None:
    """Prints the tables."""
    args = parse_args(arguments)
    if args.saved:
        results = json.loads(args.saved.read_text('utf-8'))
        print('\n'.join(line_of(row) for row in results))
        print(f'\n{summary(results)}')
        return
    method = method_of({**STRESSED[args.method], **args.settings})
    results = []
    for name in args.sets:
        cases = load_cases(name, args.part, 'features', args.limit)
        rows = stress_rows(usual_rest(name))
        for feature in args.features:
            row = measure(name, cases, rows[feature], method)
            results.append(row)
            print(line_of(row), flush=True)
    print(f'\n{summary(results)}')
    if args.out:
        args.out.write_text(json.dumps(results, indent=1) + '\n', 'utf-8')


def measure(
    name: str, cases: Sequence[Case], row: StressRow, method: Method
) -> dict[str, Any]:
    """AP50, best IoU and all criteria by threshold, of a set and features."""
    cv2.setNumThreads(1)
    found: list[list[dict[str, Any]]] = [[] for _ in TAUS]
    values = np.zeros((len(WAYS), len(TAUS)))
    methods = [with_threshold(method, tau) for tau in TAUS]
    for case in cases:
        features = row.features_of(case, classes_of(name, case))
        halves = half_grids(features)
        for place, cut in enumerate(methods):
            steps = steps_of(cut, case, features)
            found[place] += predictions_of(
                case, cut.instances(case.image, steps)
            )
            sure = stability(
                *(steps_of(cut, case, half) for half in halves),
                cut.num_instances,
            )
            values[:, place] += (
                sure.value,
                sure.repeatability,
                1 - sure.ncut,
                between_share(features, TAUS[place]),
                sum(step.accepted for step in steps),
            )
    truth = [one for case in cases for one in case.annotations]
    images = [case.entry for case in cases]
    return {
        'set': name,
        'features': row.name,
        'images': len(cases),
        'taus': list(TAUS),
        'AP50': [
            evaluate_coco(images, truth, one, 'segm')['AP50'] for one in found
        ],
        'best IoU': [mean_best_iou(cases, one) for one in found],
        **dict(zip(WAYS, (values / len(cases)).tolist(), strict=True)),
    }


def steps_of(
    method: Method, case: Case, features: np.ndarray
) -> list[CutStep]:
    """The steps of an image on the grid of some features."""
    if not isinstance(method, CutS3D):
        return method.steps(features)
    depth = read_depth_of(case, {})
    return method.steps(
        features,
        method.local.surface(depth, features.shape[1:], case.image),
    )


def between_share(features: np.ndarray, tau: float | str) -> float:
    """Otsu's eta: the share of the cosines' variance between two classes."""
    if tau == 'auto':
        tau = auto_threshold(features)
    unit = unit_vectors(features)
    cosines = (unit[:, ::STRIDE].T @ unit[:, STRIDE // 2 :: STRIDE]).ravel()
    above = cosines > tau
    share = above.mean()
    if share in (0, 1):
        return 0.0
    apart = cosines[above].mean() - cosines[~above].mean()
    return float(share * (1 - share) * apart**2 / cosines.var())


def chosen(row: dict[str, Any], way: str) -> int:
    """Place of the threshold that a way chooses."""
    return int(np.argmax(row[way]))


def line_of(row: dict[str, Any]) -> str:
    """One line of the table of all sets and features."""
    best = int(np.argmax(row['AP50']))
    cells = [
        row['set'],
        row['features'],
        f'{row["taus"][best]}: {row["AP50"][best]:.1f}',
        f'{row["AP50"][row["taus"].index("auto")]:.1f}',
    ]
    for way in WAYS[:4]:
        place = chosen(row, way)
        cells.append(f'{row["taus"][place]}: {row["AP50"][place]:.1f}')
    return '| ' + ' | '.join(cells) + ' |'


def summary(rows: Sequence[dict[str, Any]]) -> str:
    """Spearman and regret of each way, and of single thresholds."""
    lines = []
    made_up = pooled([row for row in rows if row['features'] != STAND_IN])
    for measured, of, least, what in (
        ('AP50', rows, LEAST, 'sets and features'),
        ('best IoU', rows, 0.0, 'sets and features'),
        ('AP50', made_up, LEAST, 'sets, made-up features at once'),
        ('best IoU', made_up, 0.0, 'sets, made-up features at once'),
        ('AP50', pooled(rows), LEAST, 'sets, all features at once'),
        ('best IoU', pooled(rows), 0.0, 'sets, all features at once'),
    ):
        kept = [row for row in of if max(row[measured]) > least]
        lines += [
            f'{measured}, {len(kept)} of {len(of)} {what} above {least}:',
            '',
            '| choice | Spearman | mean regret | worst |',
            '|---|---:|---:|---:|',
        ]
        for way in WAYS:
            ranks = [
                spearmanr(row[way], row[measured]).statistic for row in kept
            ]
            lines.append(
                f'| {way} | {np.nanmean(ranks):.2f} | '
                + regrets(kept, measured, [chosen(r, way) for r in kept])
            )
        for place, tau in enumerate(TAUS if of is rows else ()):
            lines.append(
                f'| always {tau} | | '
                + regrets(kept, measured, [place] * len(kept))
            )
        lines.append('')
    return '\n'.join(lines)


def pooled(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a set as one row, in which features are chosen too."""
    pools: dict[str, dict[str, Any]] = {}
    for row in rows:
        pool = pools.setdefault(row['set'], {'set': row['set']})
        for name in ('taus', 'AP50', 'best IoU', *WAYS):
            pool[name] = pool.get(name, []) + row[name]
    return list(pools.values())


def regrets(
    rows: Sequence[dict[str, Any]], measured: str, places: Sequence[int]
) -> str:
    """Mean and largest regret of a choice in each row."""
    lost = [
        max(row[measured]) - row[measured][place]
        for row, place in zip(rows, places, strict=True)
    ]
    return f'{np.mean(lost):.1f} | {np.max(lost):.1f} |'


def parse_args(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('sets', nargs='*', metavar='SET', help=f'of {SETS}')
    parser.add_argument('--part', choices=PARTS, default='choose')
    parser.add_argument('--method', choices=STRESSED, default='MaskCut')
    parser.add_argument(
        '--settings',
        type=json.loads,
        default={},
        metavar='JSON',
        help='more arguments of the method',
    )
    parser.add_argument(
        '--features', nargs='+', default=FEATURES, metavar='NAME'
    )
    parser.add_argument('--limit', type=int, default=10, help='images')
    parser.add_argument('--out', type=Path, help='JSON of all numbers')
    parser.add_argument('--saved', type=Path, help='what --out wrote')
    args = parser.parse_args(arguments)
    if args.saved is None and not (args.sets and set(args.sets) <= set(SETS)):
        parser.error(f'sets of {SETS}, but got {args.sets}')
    known = stress_rows('one')
    for name in args.features:
        if name not in known:
            parser.error(f'--features: one of {list(known)}, but got {name!r}')
    return args


if __name__ == '__main__':
    sys.exit(main())
