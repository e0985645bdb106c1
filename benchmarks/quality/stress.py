"""The stress axis: how methods fare as features and depth are made worse.

    python benchmarks/quality/stress.py SET [--part choose|report]
        [--methods NAME ...] [--method NAME='{"preset": "guarded", ...}' ...]
        [--num-instances N] [--rows TEXT ...] [--limit 20] [--crf]
        [--workers 2] [--out FILE.json] [--markdown FILE.md]

Each row changes one thing around a base of class-level features with a noise
of 0.4 of the signal and depth as given: the noise, an offset of all cosines,
the statistics of a backbone, the features of the stand-in backbone, the
depth; and corners, more noise with each depth. Tables of AP50, AP, AR, masks
an image and images that ended with large objects left, by row and method, the
ratio to MaskCut in the same row, and the worst case over all rows beside the
averages. With 95 % bootstrap intervals over images where the part is
'report', or with --intervals. Without the CRF unless --crf asks for it.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import get_args

from cases import PARTS, SETS, load_cases
from stress_axis.classes import Rest, usual_rest
from stress_axis.cutting import cut_images
from stress_axis.measuring import measure
from stress_axis.methods import STRESSED, methods_of, named_method
from stress_axis.rows import StressRow, stress_rows
from stress_axis.writing import as_json, report


def main(arguments: list[str] | None = None) -> None:
    """Prints the tables."""
    args = parse_args(arguments)
    names = STRESSED if args.methods is None else args.methods
    settings = {name: STRESSED[name] for name in names} | dict(args.method)
    methods = methods_of(settings, args.num_instances, args.crf)
    cases = load_cases(args.set, args.part, 'features', args.limit)
    start = time.perf_counter()
    found = cut_images(args.set, cases, args.rows, methods, args.workers)
    table = measure(
        cases, found, methods, args.intervals or args.part == 'report'
    )
    head = (
        f'{args.set}, part to {args.part}: {len(cases)} images, '
        f'{sum(len(case.annotations) for case in cases)} instances; '
        f'{"with" if args.crf else "without"} CRF; N = '
        + ', '.join(f'{m.num_instances} {n}' for n, m in methods.items())
    )
    text = f'{head}\n\n{report(table)}'
    print(text)
    print(f'{time.perf_counter() - start:.0f} s', file=sys.stderr)
    if args.markdown:
        args.markdown.write_text(text, encoding='utf-8')
    if args.out:
        told = {'about': head, 'methods': settings, **as_json(table)}
        args.out.write_text(json.dumps(told, indent=1) + '\n', 'utf-8')


def parse_args(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument('--part', choices=PARTS, default='choose')
    parser.add_argument(
        '--methods', nargs='*', choices=STRESSED, help='defaults to all'
    )
    parser.add_argument(
        '--method',
        nargs='+',
        default=[],
        metavar='NAME={settings}',
        help='more methods, their settings as JSON',
    )
    parser.add_argument(
        '--num-instances', type=int, help='N, where a method names none'
    )
    parser.add_argument(
        '--rows',
        nargs='+',
        metavar='TEXT',
        help='rows of this name, or of a name that begins so',
    )
    parser.add_argument(
        '--rest',
        choices=get_args(Rest),
        help='whether the rest of an image is one class or several; '
        'defaults to what the set has',
    )
    parser.add_argument(
        '--limit', type=int, default=20, help='first so many images'
    )
    parser.add_argument('--crf', action='store_true', help='with the CRF')
    parser.add_argument('--intervals', action='store_true')
    parser.add_argument('--workers', type=int, default=1, help='processes')
    parser.add_argument('--out', type=Path, help='JSON of all cells')
    parser.add_argument('--markdown', type=Path, help='the tables')
    args = parser.parse_args(arguments)
    try:
        args.method = [named_method(text) for text in args.method]
        args.rows = rows_named(
            args.rows, stress_rows(args.rest or usual_rest(args.set))
        )
        for path in (args.out, args.markdown):
            if path and not path.parent.is_dir():
                raise ValueError(
                    f'Expected a file in a folder, but got {path}.'
                )
    except ValueError as error:
        parser.error(str(error))
    return args


def rows_named(
    texts: list[str] | None, rows: dict[str, StressRow]
) -> list[StressRow]:
    """The rows of some names, or whose names begin with a text.

    Args:
        texts: Names, or beginnings; None for all rows.
        rows: All rows by name.

    Raises:
        ValueError: If no row begins with one of them.
    """
    if texts is None:
        return list(rows.values())
    kept: set[str] = set()
    for text in texts:
        mine = [text] if text in rows else []
        mine = mine or [name for name in rows if name.startswith(text)]
        if not mine:
            raise ValueError(
                f'Expected the beginning of one of the rows {list(rows)}, '
                f'but got {text!r}.'
            )
        kept.update(mine)
    return [row for name, row in rows.items() if name in kept]


if __name__ == '__main__':
    main()
