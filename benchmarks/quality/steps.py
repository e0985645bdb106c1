"""What became of the steps: masks kept, rejected, lost to trivial cuts.

    python benchmarks/quality/steps.py SET [--semantics ...] [--part report]

A cut is trivial if it isolates a terminal: the LocalCut has at most k + 1
patches, or all but so many of its semantic mask, which could hold two
objects.
"""

import argparse
from collections import Counter

from cases import GRID, PARTS, SEMANTICS, SETS, Case, load_cases
from runs import grid_depth
from settings import METHODS

from mmcuts3d.cuts import CutS3D


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument('--semantics', choices=SEMANTICS, default='features')
    parser.add_argument('--part', choices=PARTS, default='report')
    args = parser.parse_args()
    cases = load_cases(args.set, args.part, args.semantics)
    print(f'{args.set}, {args.semantics}, {len(cases)} images\n')
    print('| method | steps | accepted | trivial cuts | rejected |')
    print('|---|---:|---:|---:|---|')
    for name, setting in METHODS.items():
        cut = setting.method
        if isinstance(cut, CutS3D):
            statuses: Counter[str] = Counter()
            trivial = sum(count(case, cut, statuses) for case in cases)
            kept = statuses.pop('accepted', 0)
            rest = ', '.join(f'{n} {why}' for why, n in statuses.items())
            total = kept + sum(statuses.values())
            print(f'| {name} | {total} | {kept} | {trivial} | {rest or "–"} |')


def count(case: Case, cut: CutS3D, statuses: Counter[str]) -> int:
    """Trivial cuts of one image; counts the statuses as well."""
    depth = grid_depth(case, cut)
    found = 0
    smallest = max(cut.local.k + 1, cut.selection.min_area * GRID * GRID)
    for step in cut.steps(case.features, depth, case.image):
        statuses[step.status] += 1
        whole, part = int(step.semantic_mask.sum()), int(step.local_cut.sum())
        alone = part <= cut.local.k + 1
        all_but = 0 < whole - part <= 1
        found += whole >= 2 * smallest and (alone or all_but)
    return found


if __name__ == '__main__':
    main()
