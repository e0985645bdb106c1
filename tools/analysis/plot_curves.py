"""Draws the curves of training runs: losses, and AP of validations.

RUN is a work dir of tools/train.py, whose starts are joined (what a resumed
run did again replaces what was lost), or one log in JSON lines, as mmengine
writes them (TIME/vis_data/scalars.json). Several runs are drawn into one
picture. --list prints what the logs hold.
"""

import argparse
from pathlib import Path

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.training_logs import Curve, read_run


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('runs', nargs='+', metavar='RUN', help='work dirs or logs')
    add(
        '--keys',
        nargs='+',
        help='values to draw (loss, and all that end in AP)',
    )
    add(
        '--out',
        default='work_dirs/curves.png',
        help='picture, PNG (%(default)s)',
    )
    add('--names', nargs='+', help='of the runs, in the legend')
    add('--list', action='store_true', help='print the keys, draw nothing')
    add_examples(
        parser,
        'tools/analysis/plot_curves.py work_dirs/CONFIG --out curves.png',
        'tools/analysis/plot_curves.py work_dirs/a work_dirs/b --keys loss',
    )
    args = parser.parse_args(arguments)
    args.names = args.names or _names(args.runs)
    if len(args.names) != len(args.runs):
        parser.error(
            f'--names: {len(args.runs)} as there are runs, but got '
            f'{len(args.names)}'
        )
    if Path(args.out).suffix.lower() != '.png':
        parser.error(f'--out: a file that ends in .png, but got {args.out}')
    return args


def _names(runs: list[str]) -> list[str]:
    """Last parts of the paths; the whole ones where those are equal."""
    names = [Path(run).absolute().name for run in runs]
    return names if len(set(names)) == len(names) else runs


def choose_keys(
    runs: list[dict[str, dict[str, Curve]]], keys: list[str] | None
) -> list[str]:
    """The keys to draw.

    Args:
        runs (list[dict]): Of :func:`read_run`.
        keys (list[str], optional): Those asked for; None for ``loss`` and
            all that end in AP.

    Returns:
        list[str]: The keys.

    Raises:
        ValueError: If no run has one of them.
    """
    known = sorted({k for run in runs for part in run.values() for k in part})
    if keys is None:
        keys = [k for k in known if k == 'loss' or k.endswith('AP')]
    missing = [key for key in keys if key not in known]
    if missing or not keys:
        raise ValueError(
            f'Expected keys that a run has, {known}, but got '
            f'{missing or "none of loss and AP"}.'
        )
    return keys


def draw(
    runs: list[dict[str, dict[str, Curve]]],
    names: list[str],
    keys: list[str],
    out: Path,
) -> None:
    """Draw the curves, those of training above those of validation."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kinds = [
        kind
        for kind in ('training', 'validation')
        if any(key in run[kind] for run in runs for key in keys)
    ]
    figure = Figure((8, 3.4 * len(kinds)), dpi=110, layout='constrained')
    rows = figure.subplots(len(kinds), 1, squeeze=False, sharex=True)[:, 0]
    for axes, kind in zip(rows, kinds, strict=True):
        for name, run in zip(names, runs, strict=True):
            for key in keys:
                if key in run[kind]:
                    label = key if len(runs) == 1 else f'{name}: {key}'
                    mark = 'o' if kind == 'validation' else None
                    axes.plot(
                        *run[kind][key],
                        label=label,
                        marker=mark,
                        markersize=4,
                        linewidth=1.2,
                    )
        axes.set_title(kind, fontsize=10)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    rows[-1].set_xlabel('iteration')
    out.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure).print_png(str(out))


def main(arguments: list[str] | None = None) -> int:
    """Draws or lists.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.
    """
    args = parse_args(arguments)
    runs = [read_run(run) for run in args.runs]
    if args.list:
        for name, run in zip(args.names, runs, strict=True):
            for kind, curves in run.items():
                print(f'{name}, {kind}: {" ".join(sorted(curves))}')
        return 0
    keys = choose_keys(runs, args.keys)
    draw(runs, args.names, keys, Path(args.out))
    print(args.out)
    return 0


if __name__ == '__main__':
    run_tool_main(main)
