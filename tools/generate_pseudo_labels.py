"""Makes pseudo-labels of a folder of images.

    python tools/generate_pseudo_labels.py CONFIG --images DIR --out DIR

CONFIG is a labeler (configs/cuts3d, configs/maskcut) or, with --checkpoint,
a trained detector. A run that was stopped goes on with the same command.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import sys

from mmengine.config import Config, DictAction
from mmengine.dist import is_main_process
from mmengine.logging import MMLogger

from mmcuts3d.engine.labeling import EXIT_CODES, LabelingResult, run_labeling
from mmcuts3d.engine.labeling.by_config import job_by_config
from mmcuts3d.engine.processes import join_processes

EXIT_STOPPED = 130


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='config of a labeler or a detector')
    parser.add_argument('--images', required=True, help='image folder')
    parser.add_argument('--out', required=True, help='folder of the labels')
    parser.add_argument(
        '--ann-file', help='COCO file with the images to take and their ids'
    )
    parser.add_argument(
        '--recursive',
        action='store_true',
        help='take images of sub-folders too',
    )
    parser.add_argument(
        '--depth-clip',
        nargs=2,
        type=float,
        metavar=('LOW', 'HIGH'),
        help='percentiles that depth is clipped to, such as 1 99: one far '
        'value otherwise presses all others together (no clipping)',
    )
    parser.add_argument('--checkpoint', help='weights of a trained detector')
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.0,
        help='leave out instances with a lower score (default: %(default)s)',
    )
    parser.add_argument(
        '--max-per-image',
        type=int,
        default=100,
        help='instances an image at most (default: %(default)s)',
    )
    parser.add_argument(
        '--device',
        help='where the model runs, such as cpu or cuda:1 (default: the GPU '
        'of the process, if any)',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='remove labels that the folder holds, and begin anew',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings to change in the config, key=value',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes of a distributed run were started; without a '
        'GPU they talk by gloo',
    )
    # torch's launcher may pass it; the rank is read from the environment.
    parser.add_argument(
        '--local_rank', '--local-rank', type=int, help=argparse.SUPPRESS
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Labels the folder.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: See ``--help``.

    Raises:
        ValueError: If the config, the images or the folder cannot be used.
    """
    args = parse_args(arguments)
    # Only for its settings of the processes; the job reads it for itself.
    environment = Config.fromfile(args.config).get('env_cfg') or {}
    join_processes(args.launcher, environment.get('dist_cfg'))
    job = job_by_config(
        args.config,
        args.images,
        args.out,
        args.ann_file,
        args.cfg_options,
        args.depth_clip,
        args.recursive,
        checkpoint=args.checkpoint,
        score_thr=args.score_thr,
        max_per_image=args.max_per_image,
        device=args.device,
        overwrite=args.overwrite,
    )
    logger = MMLogger.get_instance('mmcuts3d')
    result = run_labeling(job)
    if is_main_process():
        report(result, logger)
    return result.exit_code


def report(result: LabelingResult, logger: MMLogger) -> None:
    """Logs what was labeled and, last, what was not."""
    logger.info(result.summary)
    if result.num_errors:
        for line in result.errors():
            logger.warning(line)
        logger.warning(result.failures)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except ValueError as error:
        sys.exit(f'{error}')
    except KeyboardInterrupt:
        print('Stopped. The same command goes on from here.', file=sys.stderr)
        sys.exit(EXIT_STOPPED)
