"""Which range of depth is brought to [0, 1]: what the choice costs and saves.

    python benchmarks/quality/depth_ranges.py SET ... [--limit 15]
        [--num-instances N]

Mask AP50 without the CRF, in percent, of the presets `guarded` and `touching`
with the threshold from the graph and no sharpening, on the first images of
the part to choose on. Features are class-level, with a noise of 0.4 of the
signal. Depth as given, and with 0.1 % of its valid pixels set to ten times
the farthest.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cases import SETS, Case, load_cases
from runs import read_depth_of
from stress_axis.classes import usual_rest
from stress_axis.cutting import cut_images
from stress_axis.features import noisy
from stress_axis.measuring import measure
from stress_axis.methods import methods_of
from stress_axis.rows import BASE, StressRow

RANGES: dict[str, Any] = {
    'whole': None,
    'auto': 'auto',
    '0.5 to 99.5': (0.5, 99.5),
    '1 to 99': (1, 99),
    '2 to 98': (2, 98),
}
OUTLIERS, FARTHER = 0.001, 10
AUTO = {'tau_ncut': 'auto', 'sharpening': None}
METHODS = {
    name: {'preset': name, 'semantic': AUTO}
    for name in ('guarded', 'touching')
}


@dataclass(frozen=True)
class RangeRow(StressRow):
    """Depth scaled by one of ``RANGES``.

    Attributes:
        range: A name of ``RANGES``.
        outliers: Whether some pixels are set far away.
    """

    range: str = 'whole'
    outliers: bool = False

    def depth_of(self, case: Case) -> np.ndarray:
        """(H, W) float32 in [0, 1], 0 = nearest."""
        if self.outliers:
            case = replace(case, depth=with_outliers(case))
        return read_depth_of(case, {'clip': RANGES[self.range]})


def with_outliers(case: Case) -> np.ndarray:
    """(H, W) float64, depth of a case with far pixels here and there."""
    depth = case.depth.astype(np.float64)
    valid = np.flatnonzero(depth != case.depth_options.get('invalid', np.nan))
    rng = np.random.default_rng(case.entry['id'])
    some = rng.choice(valid, max(1, round(OUTLIERS * valid.size)), False)
    depth.flat[some] = FARTHER * depth.max()
    return depth


def rows_of(name: str) -> list[RangeRow]:
    """Each range, without outliers and with them."""
    return [
        # Depth is made once for each `depth`, so that has to name the row.
        RangeRow(
            name=label,
            mixture=noisy(BASE),
            rest=usual_rest(name),
            depth=label,
            range=kind,
            outliers=outliers,
        )
        for outliers in (False, True)
        for kind in RANGES
        for label in [kind + (', outliers' if outliers else '')]
    ]


def main() -> None:
    """Prints a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('sets', nargs='+', choices=SETS)
    parser.add_argument('--limit', type=int, default=15)
    parser.add_argument('--num-instances', type=int)
    args = parser.parse_args()
    methods = methods_of(METHODS, args.num_instances)
    for name in args.sets:
        cases = load_cases(name, 'choose', 'features', args.limit)
        table = measure(
            cases,
            cut_images(name, cases, rows_of(name), methods),
            methods,
            intervals=False,
        )
        print(f'\n{name}, {len(cases)} images\n')
        print('| range | ' + ' | '.join(methods) + ' |')
        print('|---|' + '---:|' * len(methods))
        for label, cells in table.items():
            found = [f'{c.values["AP50"].value:.1f}' for c in cells.values()]
            print(f'| {label} | ' + ' | '.join(found) + ' |', flush=True)


if __name__ == '__main__':
    main()
