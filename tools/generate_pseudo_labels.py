"""Makes pseudo-labels of a folder of images.

    python tools/generate_pseudo_labels.py CONFIG --images DIR --out DIR

CONFIG is a labeler (configs/cuts3d, configs/maskcut) or, with --checkpoint,
a trained detector. A run that was stopped goes on with the same command.
In the end DIR/report.html shows what the labels look like: one page, for any
browser. tools/analysis/report_labels.py makes it again.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import shlex
import sys
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.device import is_cuda_available
from mmengine.dist import is_main_process
from mmengine.logging import MMLogger

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.executors import run_on_ray
from mmcuts3d.engine.executors.launched import silence_of
from mmcuts3d.engine.labeling import (
    EXIT_CODES,
    LabelingJob,
    LabelingResult,
    run_labeling,
)
from mmcuts3d.engine.labeling.by_config import job_by_config
from mmcuts3d.engine.labeling.reports import leave_report, report_job
from mmcuts3d.engine.processes import join_processes
from mmcuts3d.files import find_config
from mmcuts3d.labels import BACKENDS


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='config of a labeler or a detector')
    parser.add_argument(
        '--images',
        required=True,
        help='image folder (ImageNet: with --recursive), list with one path '
        'a line (.txt), COCO file (.json), tar of images or folder of tars '
        'as webdataset writes them',
    )
    parser.add_argument('--out', required=True, help='folder of the labels')
    parser.add_argument(
        '--ann-file',
        help='COCO file with the images of the folder to take and their ids, '
        'or list of them (.txt)',
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
        help='percentiles that depth is clipped to, such as 1 99 (what '
        'the config says; sources clip to that where there are outliers)',
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
        '--store',
        choices=['auto', *BACKENDS],
        default='auto',
        help='how the labels lie on the disk: jsonl, one COCO file '
        'pseudo_labels.json in the end; parquet, shards of 512 images that '
        'are read image by image, for large sets. Training, evaluation and '
        'merging read both (default: that of the folder; in a new one jsonl '
        'up to 10,000 images)',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings to change in the config, key=value',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi', 'ray'],
        default='none',
        help='how the processes of a distributed run were started, without a '
        'GPU they talk by gloo; or ray, whose cluster this command asks for '
        'workers',
    )
    parser.add_argument(
        '--ray-address',
        help='of the cluster for --launcher ray, such as auto or '
        'ray://HOST:10001 (default: a cluster of this machine)',
    )
    parser.add_argument(
        '--workers',
        nargs='+',
        type=int,
        metavar='N',
        help='workers of --launcher ray: their number, or the fewest and the '
        'most (default: from 1 to what the cluster has room for)',
    )
    parser.add_argument(
        '--worker-gpus',
        type=float,
        help='GPUs of a worker of --launcher ray (default: 1 where this '
        'machine has some, else 0)',
    )
    parser.add_argument(
        '--worker-cpus',
        type=float,
        default=1.0,
        help='cores of a worker of --launcher ray (default: %(default)s)',
    )
    parser.add_argument(
        '--report',
        choices=['html', 'none'],
        default='html',
        help='the page report.html beside the labels, or none (default: '
        '%(default)s)',
    )
    parser.add_argument(
        '--report-images',
        type=int,
        default=3,
        metavar='N',
        help='best, median and worst images of the page, so many each; a '
        'labeler cuts them once more (default: %(default)s)',
    )
    # torch's launcher may pass it; the rank is read from the environment.
    parser.add_argument(
        '--local_rank', '--local-rank', type=int, help=argparse.SUPPRESS
    )
    add_examples(
        parser,
        'tools/generate_pseudo_labels.py cuts3d_classical '
        '\\\n--images images --out labels '
        '--cfg-options model.depth.root=depth',
    )
    args = parser.parse_args(arguments)
    of_ray = (args.ray_address, args.workers, args.worker_gpus)
    if args.launcher != 'ray' and any(value is not None for value in of_ray):
        parser.error(
            '--ray-address, --workers and --worker-gpus are for --launcher ray'
        )
    if args.report_images < 0:
        parser.error(f'--report-images: at least 0, got {args.report_images}')
    if args.workers and len(args.workers) > 2:
        parser.error('--workers takes one number or two')
    return args


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
    environment = (
        Config.fromfile(find_config(args.config)).get('env_cfg') or {}
    )
    dist_cfg = environment.get('dist_cfg') or {}
    on_ray = args.launcher == 'ray'
    join_processes('none' if on_ray else args.launcher, dist_cfg)
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
        store=None if args.store == 'auto' else args.store,
    )
    logger = MMLogger.get_instance('mmcuts3d')
    if on_ray:
        result = _run_on_ray(job, args)
    else:
        result = run_labeling(job, silence_of(environment))
    if is_main_process():
        if args.report == 'html':
            words = sys.argv[1:] if arguments is None else arguments
            command = ['python', 'tools/generate_pseudo_labels.py', *words]
            made = leave_report(
                lambda: report_job(
                    job,
                    f'Pseudo-labels of {Path(args.images).absolute().name}',
                    {'command': shlex.join(command)},
                    number=args.report_images,
                )
            )
            if made is not None:
                logger.info(f'What they look like: {made}')
        report(result, logger)
    return result.exit_code


def _run_on_ray(job: LabelingJob, args: argparse.Namespace) -> LabelingResult:
    gpus = args.worker_gpus
    if gpus is None:
        gpus = 0.0 if args.device == 'cpu' else float(is_cuda_available())
    workers = args.workers and (args.workers[0], args.workers[-1])
    return run_on_ray(job, args.ray_address, workers, gpus, args.worker_cpus)


def report(result: LabelingResult, logger: MMLogger) -> None:
    """Logs what was labeled and, last, what was not."""
    logger.info(result.summary)
    if result.num_errors:
        for line in result.errors():
            logger.warning(line)
        logger.warning(result.failures)


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
