"""Proposals, a training on them, and what it gains, on a CPU.

Makes embedded scenes, proposes masks of those of the training, trains a small
SOLOv2 on the proposals, and measures proposals and detector on scenes that
were kept back, beside MaskCut on the same features. Writes a table and a
picture. Call it again when it was stopped: it goes on. Run it from the root
of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import json
import time

from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.labeling import LabelingJob, run_labeling
from mmcuts3d.registry import MODELS
from projects.ssl_instances.ssl_instances.stages import (
    Stage,
    draw_stages,
    measure,
    table,
)

CONFIG = (
    Path(__file__).resolve().parents[1]
    / 'configs/solov2_r18_fpn_ssl-instances_1xb4-demo_rgbd-scenes.py'
)


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--out', default='ssl_instances_demo', help='(%(default)s)')
    add('--config', default=str(CONFIG), help='of the training (%(default)s)')
    add(
        '--scenes',
        type=int,
        default=80,
        help='to train on; half as many are kept back (%(default)s)',
    )
    add('--iters', type=int, default=150, help='of training (%(default)s)')
    add('--seed', type=int, default=0, help='of the training (%(default)s)')
    add('--no-pictures', action='store_true', help='write no PNG')
    add('--cfg-options', nargs='+', action=DictAction, help='key=value')
    add_examples(
        parser,
        'projects/ssl_instances/tools/demo.py --out ssl_instances_demo',
    )
    args = parser.parse_args(arguments)
    for name, least in (('scenes', 2), ('iters', 1), ('seed', 0)):
        if getattr(args, name) < least:
            parser.error(f'--{name}: at least {least}')
    return args


def demo_config(args: argparse.Namespace, out: Path) -> Config:
    """The config of the training, with all files in the output folder."""
    config = load_config(
        args.config,
        {
            'data_root': str(out / 'scenes'),
            'labels_dir': str(out / 'proposals_of_training'),
            'max_iters': args.iters,
            **(args.cfg_options or {}),
        },
    )
    config.randomness = dict(seed=args.seed)
    config.train_cfg.labels.model = config.labeler
    config.train_cfg.labels.dataloader.dataset.num_scenes = args.scenes
    config.test_dataloader.dataset.num_scenes = args.scenes // 2
    config.work_dir = str(out / 'training')
    config.resume = (out / 'training' / 'last_checkpoint').is_file()
    return config


def label(
    config: Config, model: dict, folder: Path, checkpoint: Path | None = None
) -> Path:
    """Masks of the scenes that were kept back; their label file."""
    job = LabelingJob(
        model,
        config.test_dataloader,
        folder,
        checkpoint=checkpoint,
        imports=tuple(config.custom_imports.imports),
        store='jsonl',
    )
    return run_labeling(job).label_file


def train(config: Config) -> Path:
    """Train, or go on where a training stopped; the checkpoint."""
    checkpoint = Path(
        config.work_dir, f'iter_{config.train_cfg.max_iters}.pth'
    )
    if not checkpoint.is_file():
        config = config.copy()
        # Only training: the demo measures afterwards.
        for name in ('val', 'test'):
            for part in ('cfg', 'dataloader', 'evaluator'):
                config[f'{name}_{part}'] = None
        Runner.from_cfg(config).train()
    return checkpoint


def run(config: Config, out: Path, pictures: bool = True) -> list[dict]:
    """All stages; a row for each."""
    init_default_scope('mmdet')
    MODELS.build(config.labeler)  # wrong settings are told before the work
    maskcut = dict(
        type='mmcuts3d.MaskCutLabeler', features=config.labeler.features
    )
    stages = [
        Stage('MaskCut', label(config, maskcut, out / 'maskcut')),
        Stage('proposals', label(config, config.labeler, out / 'proposals')),
    ]
    checkpoint = train(config)
    detected = label(config, config.model, out / 'detector', checkpoint)
    stages.append(Stage('SOLOv2 on proposals', detected))
    kept_back = out / 'scenes' / 'val'
    truth = kept_back / 'instances.json'
    rows = [measure(stage, truth) for stage in stages]
    if pictures:
        draw_stages(stages, truth, kept_back / 'color', out / 'stages.png')
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Runs the demo and prints its table."""
    args = parse_args(arguments)
    out = Path(args.out).absolute()
    begin = time.time()
    out.mkdir(parents=True, exist_ok=True)
    rows = run(demo_config(args, out), out, not args.no_pictures)
    text = table(rows)
    (out / 'table.json').write_text(json.dumps(rows, indent=1), 'utf-8')
    (out / 'table.md').write_text(text + '\n', 'utf-8')
    print(f'\n{text}\n')
    print(f'{(time.time() - begin) / 60:.1f} minutes; written: {out}')
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
