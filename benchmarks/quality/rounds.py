"""What became of the rounds: masks kept, rejected, lost to trivial cuts.

    python benchmarks/quality/rounds.py SET [--semantics ...] [--part report]

A cut is trivial if it isolates a terminal: the LocalCut has at most k + 1
patches, or all but so many of its group, of a group that is large enough to
be an object twice over.
"""

import argparse
from collections import Counter

from cases import GRID, PARTS, SEMANTICS, SETS, Case, load_cases
from runs import read_depth_of
from settings import METHODS

from mmcuts3d.cuts import CutS3D, pool_depth


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument('--semantics', choices=SEMANTICS, default='features')
    parser.add_argument('--part', choices=PARTS, default='report')
    args = parser.parse_args()
    cases = load_cases(args.set, args.part, args.semantics)
    print(f'{args.set}, {args.semantics}, {len(cases)} images\n')
    print('| method | rounds | accepted | trivial cuts | rejected |')
    print('|---|---:|---:|---:|---|')
    for name, setting in METHODS.items():
        if setting.method == 'CutS3D':
            cut = CutS3D(**setting.cut)
            statuses: Counter[str] = Counter()
            trivial = sum(count(case, cut, statuses) for case in cases)
            kept = statuses.pop('accepted', 0)
            rest = ', '.join(f'{n} {why}' for why, n in statuses.items())
            total = kept + sum(statuses.values())
            print(f'| {name} | {total} | {kept} | {trivial} | {rest or "–"} |')


def count(case: Case, cut: CutS3D, statuses: Counter[str]) -> int:
    """Trivial cuts of one image; counts the statuses as well."""
    depth = pool_depth(read_depth_of(case, {}), (GRID, GRID), cut.pooling)
    found = 0
    smallest = max(cut.local_cut.k + 1, cut.min_area * GRID * GRID)
    for step in cut.steps(case.features, depth):
        statuses[step.status] += 1
        group, part = int(step.bipartition.sum()), int(step.local_cut.sum())
        alone = part <= cut.local_cut.k + 1
        all_but = 0 < group - part <= 1
        found += group >= 2 * smallest and (alone or all_but)
    return found


if __name__ == '__main__':
    main()
