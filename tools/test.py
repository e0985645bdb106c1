"""Measures a model by its config: python tools/test.py CONFIG [CHECKPOINT].

A labeler (CutS3DLabeler, MaskCutLabeler) is a model without training: it
needs no checkpoint, and its measure is the quality of its pseudo-masks.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import logging
import os
from pathlib import Path

from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.runner import Runner
from torch import nn


class TestRunner(Runner):
    """Runs labelers on several processes too.

    torch's DistributedDataParallel refuses a model without gradients.
    """

    def wrap_model(
        self, model_wrapper_cfg: dict | None, model: nn.Module
    ) -> nn.Module:
        """Moves a model to its device, and wraps it if it has gradients."""
        if any(weight.requires_grad for weight in model.parameters()):
            return super().wrap_model(model_wrapper_cfg, model)
        return model.to(get_device())


def parse_args() -> argparse.Namespace:
    """The command line, in the grammar of mmdet's tools."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='checkpoint of a trained model; a labeler needs none',
    )
    parser.add_argument(
        '--work-dir', help='folder of logs and measures (work_dirs/CONFIG)'
    )
    parser.add_argument(
        '--out', help='pickle file of the predictions, to measure them later'
    )
    parser.add_argument(
        '--show', action='store_true', help='open a window with each result'
    )
    parser.add_argument(
        '--show-dir',
        help='folder of painted results, below the work dir of this run',
    )
    parser.add_argument(
        '--wait-time', type=float, default=2, help='seconds a window stays'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings that replace those of the config: key=value, '
        'key="[a,b]", key.inner=value',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes of a job are started',
    )
    # torch.distributed writes --local-rank or --local_rank by its version.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    args = parser.parse_args()
    if args.out is not None and not args.out.endswith(('.pkl', '.pickle')):
        parser.error(
            f'Expected argument --out to end in .pkl or .pickle, but got '
            f'{args.out}'
        )
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def read_config(args: argparse.Namespace) -> Config:
    """The config with the command line's settings in it."""
    config = Config.fromfile(args.config)
    config.launcher = args.launcher
    if args.cfg_options is not None:
        config.merge_from_dict(args.cfg_options)
    if args.work_dir is not None:
        config.work_dir = args.work_dir
    elif config.get('work_dir') is None:
        config.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    if args.checkpoint is not None:
        config.load_from = args.checkpoint
    if args.show or args.show_dir:
        from mmdet.engine.hooks.utils import trigger_visualization_hook

        config = trigger_visualization_hook(config, args)
    return config


def main() -> None:
    """Builds the runner and tests."""
    args = parse_args()
    setup_cache_size_limit_of_dynamo()
    config = read_config(args)
    runner = TestRunner.from_cfg(config)
    learns = any(p.requires_grad for p in runner.model.parameters())
    if learns and config.load_from is None:
        print_log(
            'No checkpoint: a model that learns is measured as it came from '
            'its initialisation.',
            'current',
            logging.WARNING,
        )
    if args.out is not None:
        from mmdet.evaluation import DumpDetResults

        runner.test_evaluator.metrics.append(
            DumpDetResults(out_file_path=args.out)
        )
    runner.test()


if __name__ == '__main__':
    main()
