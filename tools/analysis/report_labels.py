"""Makes the page of a label store: statistics, gallery, point clouds.

STORE is a folder that tools/generate_pseudo_labels.py or merge_rounds.py
wrote, of either kind, or a label file. Writes STORE/report.html, one page that
needs no other file. With the config of the labeler the images of the gallery
are cut once more, for their eigenvectors and point clouds; else the page has
images, confidence and masks.
"""

import argparse
import contextlib
import functools
import io
import shlex
import sys
from pathlib import Path

from mmengine.config import DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    name = 'tools/analysis/report_labels.py'
    add_examples(
        parser,
        f'{name} labels --images images',
        f'{name} labels --images images \\\n'
        '--config cuts3d_classical_image-folder',
    )
    add = parser.add_argument
    add('store', help='folder of labels, or a label file')
    add('--images', required=True, help='folder of the images')
    add('--config', help='config of the labeler that made the labels')
    add('--out', help='the page (default: report.html beside the labels)')
    add(
        '--report-images',
        type=int,
        default=3,
        metavar='N',
        help='best, median and worst images, so many each (%(default)s)',
    )
    add('--device', help='such as cpu or cuda:0 (a GPU where there is one)')
    add(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='settings to change in the config',
    )
    args = parser.parse_args(arguments)
    if args.report_images < 0:
        parser.error(f'--report-images: at least 0, got {args.report_images}')
    if args.cfg_options and not args.config:
        parser.error('--cfg-options: there is no --config')
    return args


def main(arguments: list[str] | None = None) -> int:
    """Writes the page.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If there are no finished labels, or the config is of no
            labeler.
    """
    args = parse_args(arguments)
    # --help does not wait for mmdet. Its forks print at import what they lack.
    with contextlib.redirect_stdout(io.StringIO()):
        from mmcuts3d.labels import open_store
        from mmcuts3d.reporting.label_report import PAGE, write_label_report

    store = open_store(args.store)
    folder = Path(args.store)
    folder = folder if folder.is_dir() else folder.parent
    path = Path(args.out) if args.out else folder / PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    words = sys.argv[1:] if arguments is None else arguments
    command = ['python', 'tools/analysis/report_labels.py', *words]
    missing = write_label_report(
        store,
        path,
        args.images,
        f'Pseudo-labels of {Path(args.images).absolute().name}',
        {'command': shlex.join(command)},
        _cutter(args, folder) if args.config else None,
        args.report_images,
    )
    for line in missing:
        print(line, file=sys.stderr)
    print(f'Report: {path}')
    return 0


def _cutter(args: argparse.Namespace, folder: Path):
    with contextlib.redirect_stdout(io.StringIO()):
        from mmcuts3d.engine.labeling.by_config import job_by_config
        from mmcuts3d.engine.labeling.cutting_again import cut_again

    job = job_by_config(
        args.config,
        args.images,
        folder,
        cfg_options=args.cfg_options,
        recursive=True,
        device=args.device,
    )
    return functools.partial(cut_again, job)


if __name__ == '__main__':
    run_tool_main(main)
