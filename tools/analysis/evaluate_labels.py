"""Measures pseudo-masks against ground truth, and shows them.

RUN is what tools/generate_pseudo_labels.py wrote (a folder of either kind, or
its pseudo_labels.json), a results file in COCO's format, or the config of a
labeler, which then labels the images first; a call that was stopped goes on.
Images are matched by file name. With two runs the second is compared with the
first on the same bootstrap samples of the images. Writes tables
(evaluation.md, .csv, .json), images.csv, pictures, and all of it as one page:
report.html.
"""

import argparse
import contextlib
import datetime
import io
import math
import shlex
import sys
import warnings
from pathlib import Path

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.files import shown
from mmcuts3d.version import __version__


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='exit codes: 0; 1, an error; 2, the command line is wrong; 3, '
        'a config was given, and some images could not be labeled',
    )
    add = parser.add_argument
    add('runs', nargs='+', metavar='RUN', help='labels, results or config')
    add('--ann', required=True, help='COCO file with the true instances')
    add('--images', help='folder of the images')
    add('--out', required=True, help='folder of what is written')
    add('--names', nargs='+', metavar='NAME', help='of the runs, in the table')
    add(
        '--pictures',
        type=int,
        default=4,
        help='of each kind: best, median, worst, and with two runs where each '
        'is ahead (%(default)s)',
    )
    add(
        '--max-drawn',
        type=int,
        default=20,
        help='predictions to draw in a picture (%(default)s)',
    )
    add(
        '--samples',
        type=int,
        default=1000,
        help='bootstrap samples (%(default)s)',
    )
    add(
        '--level',
        type=float,
        default=0.95,
        help='of the intervals (%(default)s)',
    )
    add('--seed', type=int, default=0, help='of the samples (%(default)s)')
    add(
        '--allow-missing',
        action='store_true',
        help='count images that a run does not have as empty, and leave out '
        'those that only the run has, instead of refusing',
    )
    add(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='settings to change in every run that is a config',
    )
    add_examples(
        parser,
        'tools/analysis/evaluate_labels.py labels \\\n'
        '--ann instances.json --images images --out report',
    )
    args = parser.parse_args(arguments)
    _check(parser, args)
    return args


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if len(args.runs) > 2:
        parser.error(f'one run or two, but got {len(args.runs)}')
    args.names = [shown(name) for name in args.names or _names(args.runs)]
    if len(args.names) != len(args.runs):
        parser.error(
            f'--names: {len(args.runs)} as there are runs, but got '
            f'{len(args.names)}'
        )
    if len(set(args.names)) != len(args.names):
        parser.error(f'--names: two different ones, but got {args.names}')
    if any('/' in name for name in args.names):
        parser.error(f'--names: without "/", but got {args.names}')
    if not 0 < args.level < 1:
        parser.error(f'--level: between 0 and 1, but got {args.level}')
    configs = [run for run in args.runs if run.endswith('.py')]
    if args.images is None and (configs or args.pictures > 0):
        parser.error('--images is needed for configs and for --pictures')
    if args.cfg_options and not configs:
        parser.error('--cfg-options: no run is a config')
    # So many that there is one beyond either end of the interval.
    samples = math.ceil(2 / (1 - args.level) - 1e-6) - 1
    for name, least in (
        ('pictures', 0),
        ('max_drawn', 1),
        ('samples', samples),
    ):
        if getattr(args, name) < least:
            parser.error(f'--{name.replace("_", "-")}: at least {least}')


def _names(runs: list[str]) -> list[str]:
    """Names from paths: of the folder for a store's label file."""
    names = []
    for run in runs:
        path = Path(run).absolute()
        in_store = path.name == 'pseudo_labels.json'
        names.append(path.parent.name if in_store else path.stem)
    if len(set(names)) < len(names):
        names = [f'{name} {place}' for place, name in enumerate(names, 1)]
    return names


def main(arguments: list[str] | None = None) -> int:
    """Evaluates the runs.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0, or 3 if a config could not label some images.
    """
    args = parse_args(arguments)
    # --help does not wait for mmdet. Its forks print at import what they lack.
    warnings.filterwarnings('ignore', module='mmdet')
    with contextlib.redirect_stdout(io.StringIO()):
        from mmcuts3d import reporting
        from mmcuts3d.evaluation import load_ground_truth

    out = Path(args.out)
    images, ground_truth = load_ground_truth(args.ann, args.images)
    if not images:
        raise ValueError(f'Expected {args.ann} to list images, but got none.')
    if args.pictures:
        reporting.check_images(images, args.images)
    failed: list[str] = []
    runs = [
        reporting.read_run(
            _labels(run, name, args, failed), images, name, args.allow_missing
        )
        for run, name in zip(args.runs, args.names, strict=True)
    ]
    evaluation = reporting.evaluate_labels(
        images, ground_truth, runs, args.samples, args.level, args.seed
    )
    # What was measured is safe, and told, before anything is drawn.
    rest = (_settings(args, arguments), _title(args))
    report = reporting.write_tables(evaluation, out, *rest)
    print(reporting.table_text(evaluation), flush=True)
    lost = ''
    if args.pictures:
        chosen = reporting.choose_images(
            evaluation.images, args.names, args.pictures
        )
        pictures = reporting.draw_images(
            evaluation,
            ground_truth,
            chosen,
            args.images,
            out / 'pictures',
            args.max_drawn,
        )
        reporting.write_report(evaluation, out, pictures, *rest)
        number = len(pictures.failed)
        lost = f', but {number} that could not be drawn' if number else ''
    what = 'Report with pictures' if args.pictures else 'Report'
    print(f'{what}{lost}: {report}')
    for line in failed:
        print(line)
    return 3 if failed else 0


def _labels(
    run: str, name: str, args: argparse.Namespace, failed: list[str]
) -> str | Path:
    """The run itself, or the labels that its config makes.

    Where images failed, a line in ``failed`` says so.
    """
    if not run.endswith('.py'):
        return run
    with contextlib.redirect_stdout(io.StringIO()):
        import mmdet.datasets  # noqa: F401
    from mmengine.config import DictAction

    from mmcuts3d.engine.labeling import run_labeling
    from mmcuts3d.engine.labeling.by_config import job_by_config

    # The action is of mmengine, for which --help does not wait.
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    words = ['--cfg-options', *args.cfg_options] if args.cfg_options else []
    options = parser.parse_args(words).cfg_options
    folder = Path(args.out) / 'labels' / name
    result = run_labeling(
        job_by_config(run, args.images, folder, args.ann, options)
    )
    print(f'{run}: {result.summary}')
    if result.num_errors:
        failed.append(result.failures)
    return folder


def _title(args: argparse.Namespace) -> str:
    ann = '/'.join(Path(args.ann).parts[-2:])
    return f'{" and ".join(args.names)} on {ann}'


def _settings(
    args: argparse.Namespace, arguments: list[str] | None
) -> dict[str, str]:
    words = sys.argv[1:] if arguments is None else arguments
    command = ['python', 'tools/analysis/evaluate_labels.py', *words]
    settings = {'command': shlex.join(command)}
    for run, name in zip(args.runs, args.names, strict=True):
        settings[name] = str(Path(run).absolute())
    now = datetime.datetime.now(datetime.timezone.utc)
    return settings | {
        'ground truth': str(Path(args.ann).absolute()),
        'images': str(Path(args.images).absolute()) if args.images else '–',
        'bootstrap': f'{args.samples} samples, level {args.level}, seed '
        f'{args.seed}',
        'mmcuts3d': __version__,
        'made': now.strftime('%Y-%m-%d %H:%M UTC'),
    }


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
