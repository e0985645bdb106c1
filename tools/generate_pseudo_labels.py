"""Makes pseudo-labels of a folder of photographs.

    python tools/generate_pseudo_labels.py CONFIG --images DIR --out DIR

CONFIG is a labeller (configs/cuts3d, configs/maskcut) or, with --checkpoint,
a trained detector. A run that was stopped goes on with the same command.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import json
import sys
from pathlib import Path

import torch
import torch.distributed
from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmengine.dist import init_dist, is_main_process
from mmengine.logging import MMLogger
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import load_checkpoint

from mmcuts3d.engine.labeling import (
    folder_dataloader,
    label_folder,
    labeling_fingerprint,
)


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='config of a labeller or a detector')
    parser.add_argument('--images', required=True, help='image folder')
    parser.add_argument('--out', required=True, help='folder of the labels')
    parser.add_argument(
        '--ann-file', help='COCO file with the images to take and their ids'
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
        help='how the processes of a distributed run were started',
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
        int: 0, or 1 if no image could be labelled.
    """
    args = parse_args(arguments)
    config = Config.fromfile(args.config)
    if args.cfg_options:
        config.merge_from_dict(args.cfg_options)
    start_processes(args.launcher, config)
    init_default_scope(config.get('default_scope', 'mmdet'))
    logger = MMLogger.get_instance('mmcuts3d')
    dataloader = folder_dataloader(
        config.test_dataloader, args.images, args.ann_file
    )
    fingerprint = labeling_fingerprint(
        config.model,
        dataloader['dataset'],
        args.score_thr,
        args.max_per_image,
        checkpoint=args.checkpoint,
    )
    model = MODELS.build(config.model)
    if args.checkpoint:
        # Strict: weights of another model would give labels of noise.
        load_checkpoint(
            model, args.checkpoint, map_location='cpu', strict=True
        )
    model.to(get_device())
    statistics = label_folder(
        model,
        dataloader,
        args.out,
        fingerprint,
        overwrite=args.overwrite,
        score_thr=args.score_thr,
        max_per_image=args.max_per_image,
    )
    if is_main_process():
        report(Path(args.out), statistics, logger)
    return int(not statistics['num_images'] and statistics['num_errors'] > 0)


def start_processes(launcher: str, config: Config) -> None:
    """Joins the processes of a distributed run, if it is one."""
    if launcher == 'pytorch' and not torch.cuda.is_available():
        # mmengine asks for a GPU here, but cuts are CPU work.
        torch.distributed.init_process_group('gloo')
    elif launcher != 'none':
        distributed = config.get('env_cfg', {}).get('dist_cfg', {})
        init_dist(launcher, **distributed)


def report(
    out_dir: Path, statistics: dict[str, float], logger: MMLogger
) -> None:
    """Logs what was labelled and what was not."""
    logger.info(
        f'{statistics["num_masks"]} masks in {statistics["num_images"]} '
        f'images, mean score {statistics["mean_score"]:.3f}: '
        f'{out_dir / "pseudo_labels.json"}'
    )
    if not statistics['num_errors']:
        return
    errors = json.loads((out_dir / 'errors.json').read_text())
    for error in errors[:10]:
        logger.warning(f'{error["file_name"]}: {error["error"]}')
    logger.warning(
        f'images without labels: {len(errors)}, see {out_dir / "errors.json"}'
    )


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('Stopped. The same command goes on from here.')
