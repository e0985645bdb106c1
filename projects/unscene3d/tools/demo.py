"""Pseudo-masks, self-training and AP on embedded rooms, on a CPU.

Makes rooms, labels those of the training, trains in rounds, and measures
every stage on rooms that were kept back, beside segments alone and DBSCAN.
Writes a table and a picture of each stage. Call it again when it was stopped:
it goes on. Run it from the root of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import json
from collections.abc import Callable

from mmengine.config import Config, DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.innermost import innermost_config
from mmcuts3d.registry import DATASETS, MODELS
from projects.unscene3d.unscene3d.baselines import (
    cluster_vertices,
    segments_as_instances,
)
from projects.unscene3d.unscene3d.evaluation import evaluate_scenes
from projects.unscene3d.unscene3d.labeling import label_scenes
from projects.unscene3d.unscene3d.pictures import draw_scene
from projects.unscene3d.unscene3d.structures import Scene, SceneInstances
from projects.unscene3d.unscene3d.training import ScenePredictor, SelfTraining

CONFIG = Path(__file__).resolve().parents[1] / 'configs/unscene3d_room-demo.py'


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--out', default='unscene3d_demo', help='(%(default)s)')
    add('--config', default=str(CONFIG), help='of the training (%(default)s)')
    add('--test-rooms', type=int, default=6, help='kept back (%(default)s)')
    add('--no-pictures', action='store_true', help='write no PNG')
    add('--cfg-options', nargs='+', action=DictAction, help='key=value')
    add_examples(
        parser,
        'projects/unscene3d/tools/demo.py --out unscene3d_demo',
    )
    return parser.parse_args(arguments)


def measure(
    scenes: list[Scene], find: Callable[[Scene], SceneInstances]
) -> tuple[dict[str, float], list[SceneInstances]]:
    """AP of one way to find instances; and what it found."""
    found = [find(scene) for scene in scenes]
    measures = evaluate_scenes(
        [(one.on_vertices(), one.scores) for one in found],
        [scene.instances for scene in scenes],
    )
    number = sum(len(one) for one in found) / len(found)
    return {**measures, 'instances': number}, found


def run(config: Config, args: argparse.Namespace) -> dict[str, dict]:
    """All stages; a row for each."""
    out = Path(args.out)
    dataset = innermost_config(config.train_dataloader.dataset)
    source = dict(dataset['scenes'])
    kept_back = DATASETS.build(
        {**source, 'number': args.test_rooms, 'seed': 1000}
    )
    scenes = list(kept_back)
    labels = out / 'pseudo_masks'
    print('[demo] pseudo-masks of the training rooms')
    label_scenes(config.labeler, DATASETS.build(source), labels)
    print('[demo] self-training')
    training = SelfTraining(config, labels, out / 'self_training')
    rounds = training.run()
    labeler = MODELS.build(config.labeler)
    stages = {
        'segments alone': lambda scene: segments_as_instances(
            labeler.segmenter(scene)
        ),
        'DBSCAN': cluster_vertices,
        'pseudo-masks': labeler,
    }
    for entry in rounds:
        folder = training.round_folder(entry['round']).path
        checkpoint = folder / entry['checkpoint']
        stages[f'round {entry["round"]}'] = ScenePredictor(config, checkpoint)
    print(f'[demo] measured on {len(scenes)} rooms that were kept back')
    table = {}
    for name, find in stages.items():
        table[name], found = measure(scenes, find)
        if not args.no_pictures and name in (
            'pseudo-masks',
            *list(stages)[-1:],
        ):
            draw_scene(
                scenes[0], found[0], out / f'{name.replace(" ", "-")}.png'
            )
    return table


def main(arguments: list[str] | None = None) -> int:
    """Runs the demo and prints its table."""
    args = parse_args(arguments)
    config = load_config(args.config, args.cfg_options)
    table = run(config, args)
    path = Path(args.out) / 'table.json'
    path.write_text(json.dumps(table, indent=1), 'utf-8')
    print(f'{"":16} {"AP":>6} {"AP50":>6} {"AP25":>6} {"instances":>10}')
    for name, row in table.items():
        print(
            f'{name:16} {row["AP"]:>6.1f} {row["AP50"]:>6.1f} '
            f'{row["AP25"]:>6.1f} {row["instances"]:>10.1f}'
        )
    print(f'written: {path}, pictures and weights beside it')
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
