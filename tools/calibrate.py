"""Finds the layer, kind and threshold of the features for a folder of images.

    python tools/calibrate.py CONFIG --images DIR [--annotations FILE]

CONFIG is a labeler (configs/cuts3d, configs/maskcut). Features are read once
for all layers and kinds, and each is cut with each threshold on the grid of
patches, without the CRF. With annotations settings are compared by AP, without
them by how surely the images are cut: how well masks come again on the other
half of the patches, times one less the cost of the cuts (docs/calibrate.md).
Prints the rows, the best first, and the config lines of the best one.
With --out a call that was stopped goes on with the same command.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse

from mmengine.config import DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.calibration import (
    LAYERS,
    TAUS,
    Calibration,
    CalibrationJob,
    Row,
    close_rows,
    config_lines,
    table_text,
    write_calibration,
)
from mmcuts3d.engine.calibration.candidates import Tau
from mmcuts3d.engine.config import load_config
from mmcuts3d.files import first_few, shown
from mmcuts3d.models.features import BACKBONES, KINDS


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='exit codes: 0; 1, an error; 2, the command line is wrong; 3, '
        'some images could not be cut, and the others were compared',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('config', help='config of a labeler')
    add('--images', required=True, help='folder of your images')
    add(
        '--annotations',
        metavar='FILE',
        help='COCO file with the true instances of images of the folder, of '
        'any classes: then only these images are cut',
    )
    add(
        '--layers',
        nargs='+',
        type=int,
        metavar='N',
        help=f'blocks, from the end as -1 (default: {_words(LAYERS)}, as far '
        'as there are any)',
    )
    add(
        '--kinds',
        nargs='+',
        choices=KINDS,
        metavar='KIND',
        help=f'what is read of a block (default: {_words(KINDS)})',
    )
    add(
        '--taus',
        nargs='+',
        type=_tau,
        metavar='TAU',
        help="thresholds, numbers in [0, 1] and 'auto' (default: "
        f'{_words(TAUS)})',
    )
    add(
        '--limit',
        type=int,
        default=50,
        help='images at most, spread evenly over the folder '
        '(default: %(default)s)',
    )
    add(
        '--backbone',
        metavar='NAME',
        choices=BACKBONES,
        help='features of this backbone in place of those of the config: '
        f'{_words(BACKBONES)}',
    )
    add('--out', metavar='DIR', help='folder of calibration.json')
    add('--device', help='such as cpu or cuda:1 (default: a GPU, if any)')
    add(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings to change in the config, key=value',
    )
    add_examples(parser, 'tools/calibrate.py cuts3d_classical --images images')
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Calibrates.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: See ``--help``.

    Raises:
        ValueError: If the config, the images or a setting cannot be used.
    """
    args = parse_args(arguments)
    job = CalibrationJob(
        load_config(args.config, args.cfg_options),
        args.config,
        args.images,
        args.annotations,
        args.layers,
        args.kinds,
        args.taus,
        args.limit,
        args.backbone,
        args.device,
    )
    print(job.summary, flush=True)
    calibration = job(args.out)
    report(calibration, job)
    if args.out:
        path = write_calibration(calibration, job, args.out)
        print(f'\nAll {len(calibration.rows)} rows: {shown(path)}')
    return 3 if calibration.failed else 0


def report(calibration: Calibration, job: CalibrationJob) -> None:
    """Prints what was found out."""
    failed, rows = calibration.failed, calibration.rows
    for name, reason in list(failed.items())[:10]:
        print(f'{shown(name)}: {reason}')
    if failed:
        total = len(failed) + calibration.num_images
        print(f'{len(failed)} of {total} images could not be cut.')
    what = 'AP' if calibration.labeled else 'stability'
    print(f'\nBy {what}, on {calibration.num_images} images:\n')
    print(table_text(calibration))
    if rows[0].criterion <= 0:
        print(f'\nNo setting has any {what}: there is nothing to choose.')
        return
    near = [] if calibration.labeled else close_rows(calibration)
    if near:
        print(
            '\nThese images do not tell from the best, within its standard '
            f'error: {_settings(near)}'
        )
    if not calibration.labeled and len(job.search.places) > 1:
        print(
            '\nStability compares thresholds. Between layers and kinds it is '
            'a hint:\nsmooth features are always stable. Give --annotations '
            'of some images.'
        )
    print(f'\nThe best row as a config:\n\n{config_lines(rows[0], job)}')


def _settings(rows: list[Row]) -> str:
    return first_few(
        (
            ' '.join(str(part) for part in row.candidate if part is not None)
            for row in rows
        ),
        most=5,
    )


def _tau(text: str) -> Tau:
    return text if text == 'auto' else float(text)


def _words(values: object) -> str:
    return ' '.join(str(value) for value in values)


if __name__ == '__main__':
    run_tool_main(main)
