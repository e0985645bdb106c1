"""Measures a model by its config: python tools/test.py CONFIG [CHECKPOINT].

A labeler (CutS3DLabeler, MaskCutLabeler) is a model without training: it
needs no checkpoint, and its measure is the quality of its pseudo-masks.
Several processes on a machine without a GPU (torchrun, --launcher pytorch)
talk by gloo.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import logging
import os
from dataclasses import asdict
from pathlib import Path

from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config, DictAction
from mmengine.logging import print_log

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.config_kinds import check_purpose
from mmcuts3d.engine.labeling import (
    EXIT_CODES,
    EXIT_NONE_LABELED,
    EXIT_SOME_FAILED,
    LabelingResult,
)
from mmcuts3d.engine.test_runner import TestRunner
from mmcuts3d.evaluation import DumpPseudoLabels


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line, in the grammar of mmdet's tools."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f'{EXIT_CODES} (where the run writes labels)',
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
    add_examples(
        parser,
        'tools/test.py configs/cuts3d/cuts3d_classical_rgbd-scenes.py',
    )
    args = parser.parse_args(arguments)
    if args.out is not None and not args.out.endswith(('.pkl', '.pickle')):
        parser.error(
            f'Expected argument --out to end in .pkl or .pickle, but got '
            f'{args.out}'
        )
    if args.checkpoint is not None and args.checkpoint.endswith('.py'):
        parser.error(
            f'Expected one config and its checkpoint, but got two configs: '
            f'{args.config}, {args.checkpoint}. Measure one after the other'
        )
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def read_config(args: argparse.Namespace) -> Config:
    """The config with the command line's settings in it."""
    config = load_config(args.config, args.cfg_options)
    config.launcher = args.launcher
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


def main() -> int:
    """Builds the runner and tests.

    Returns:
        int: 0, or where the run writes labels a code of its own if images
        failed.
    """
    args = parse_args()
    config = read_config(args)
    check_purpose(config, args.config, 'test')
    setup_cache_size_limit_of_dynamo()
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
    code = exit_code(runner.test() or {})
    for line in failures(runner) if code else ():
        print_log(line, 'current', logging.WARNING)
    return code


def failures(runner: TestRunner) -> list[str]:
    """How many images have no labels, and where the list is.

    Args:
        runner (TestRunner): After the run.

    Returns:
        list[str]: A line for each label store that the run wrote.
    """
    result = getattr(runner.test_loop, 'result', None)
    if result is not None:
        return [result.failures]
    return [
        LabelingResult(metric.out_dir, **asdict(metric.summary)).failures
        for metric in runner.test_evaluator.metrics
        if isinstance(metric, DumpPseudoLabels) and metric.summary is not None
    ]


def exit_code(measures: dict[str, float]) -> int:
    """Code of a run by its measures.

    Args:
        measures (dict[str, float]): What the metrics gave.

    Returns:
        int: 0 where nothing was labeled; else see ``EXIT_CODES``.
    """
    failed = sum(
        number
        for name, number in measures.items()
        if name.endswith('/num_errors')
    )
    if not failed:
        return 0
    labeled = any(
        number
        for name, number in measures.items()
        if name.endswith('/num_images')
    )
    return EXIT_SOME_FAILED if labeled else EXIT_NONE_LABELED


if __name__ == '__main__':
    run_tool_main(main)
