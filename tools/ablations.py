"""Trains rows of the paper's ablation tables and prints mean and spread.

    python tools/ablations.py table7 --scale scenes --seeds 0 1 2

    python tools/ablations.py table4 supplement/3b --scale imagenet --gpus 4

ROW is a table, a row (table7/4_loss) or the file of one; --list names all. A
row is a small file of configs/ablations/rows that says what differs, and is
put over a base of configs/ablations/scales. Runs stay in --out, with a config
each that tools/train.py takes alone; the same command goes on where it was
stopped. Rows that cut alike share their labels.
"""

import argparse
import json
import sys
from pathlib import Path

from mmengine.config import DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.ablations import (
    Row,
    compose,
    find_rows,
    run_all,
    scale_config,
    table_of,
)
from mmcuts3d.engine.ablations.running import command

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / 'configs' / 'ablations'


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('rows', nargs='*', metavar='ROW', help='tables, rows, or files')
    add('--list', action='store_true', help='name the rows, run nothing')
    add(
        '--scale',
        default='scenes',
        help='base of the runs: scenes (CPU) or imagenet (%(default)s)',
    )
    add(
        '--base',
        metavar='CONFIG',
        help='a base of your own, for all rows, in place of --scale',
    )
    add(
        '--seeds',
        nargs='+',
        type=int,
        default=[0],
        help='a run for each (%(default)s)',
    )
    add('--gpus', type=int, default=0, help='processes of a run (one)')
    add(
        '--out',
        default='work_dirs/ablations',
        help='folder of labels, runs and tables (%(default)s)',
    )
    add(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings of all runs: key=value, as of tools/train.py',
    )
    add(
        '--print-config',
        action='store_true',
        help='print the config of each row, run nothing',
    )
    add_examples(parser, 'tools/ablations.py table7 --seeds 0 1 2')
    args = parser.parse_args(arguments)
    if not args.rows and not args.list:
        parser.error('ROW: at least one, such as table7; see --list')
    return args


def listed(rows: list[Row]) -> str:
    """The rows, a line each."""
    width = max(len(row.key) for row in rows)
    return '\n'.join(
        f'{row.key:{width}}  {row.table}: {row.name}'
        + ('' if len(row.scales) > 1 else f' ({row.scales[0]} only)')
        for row in rows
    )


def main(arguments: list[str] | None = None) -> int:
    """Runs rows.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If there is no such row or base, before anything is run.
    """
    args = parse_args(arguments)
    rows = find_rows(args.rows or [''], CONFIGS / 'rows')
    if args.list:
        print(listed(rows))
        return 0

    def base_of(row: Row) -> Path:
        if args.base:
            return Path(args.base)
        return scale_config(args.scale, row.rounds, CONFIGS / 'scales')

    if not args.base:
        left = [row for row in rows if args.scale not in row.scales]
        for row in left:
            print(f'{row.key} is left out: it is for {row.scales[0]}')
        rows = [row for row in rows if row not in left]
    if args.print_config:
        for row in rows:
            config = compose(
                base_of(row), row, args.seeds[0], args.cfg_options
            )
            print(f'# {row.key}\n{config.pretty_text}')
        return 0
    words = [sys.executable, str(ROOT / 'tools' / 'train.py')]
    if args.gpus > 1:
        words = [
            *(sys.executable, '-m', 'torch.distributed.run'),
            f'--nproc_per_node={args.gpus}',
            str(ROOT / 'tools' / 'train.py'),
            *('--launcher', 'pytorch'),
        ]
    out = Path(args.out)
    runs = run_all(
        rows, base_of, args.seeds, out, command(words), args.cfg_options
    )
    table = table_of(runs)
    (out / 'table.md').write_text(table, encoding='utf-8')
    content = [
        {
            'row': run.row.key,
            'seed': run.seed,
            'work_dir': str(run.work_dir),
            'metrics': run.metrics,
        }
        for run in runs
    ]
    (out / 'runs.json').write_text(json.dumps(content, indent=1) + '\n')
    print(table)
    print(f'Table: {out / "table.md"}; runs: {out / "runs.json"}')
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True, mistakes=(RuntimeError,))
