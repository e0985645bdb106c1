"""Self-trains by a config: python .../tools/self_train.py CONFIG.

Labels the scenes that have no pseudo-masks, by the config's `labeler`, trains
on them, predicts the scenes, adds what is new, trains again. What was stopped
goes on with the same command. Run it from the root of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse

from mmengine.config import Config, DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.config_kinds import check_purpose
from mmcuts3d.engine.innermost import innermost_config
from mmcuts3d.registry import DATASETS
from projects.unscene3d.unscene3d.labeling import label_scenes
from projects.unscene3d.unscene3d.training import SceneSource


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--labels', help="folder of the first pseudo-masks (the config's)"
    )
    parser.add_argument(
        '--work-dir',
        help='folder of the rounds (work_dirs/CONFIG/self_training)',
    )
    parser.add_argument(
        '--rounds', type=int, help="how many in all (the config's)"
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings that replace those of the config: key=value, '
        'key="[a,b]", key.inner=value',
    )
    add_examples(
        parser,
        'projects/unscene3d/tools/self_train.py \\\n'
        'projects/unscene3d/configs/unscene3d_room-demo.py --rounds 2',
    )
    args = parser.parse_args(arguments)
    if args.rounds is not None and args.rounds < 1:
        parser.error(f'Expected --rounds of at least 1, but got {args.rounds}')
    return args


def sources_of(config: Config) -> SceneSource:
    """The scenes of a training."""
    dataset = innermost_config(config.train_dataloader.dataset)
    return DATASETS.build(dict(dataset['scenes']))


def main() -> None:
    """Builds the rounds and runs those that are not done."""
    args = parse_args()
    config = load_config(args.config, args.cfg_options)
    check_purpose(config, args.config, 'train')
    from projects.unscene3d.unscene3d.training import SelfTraining

    if args.rounds is not None:
        config.merge_from_dict({'self_training.rounds': args.rounds})
    labels = args.labels or innermost_config(
        config.train_dataloader.dataset
    ).get('labels')
    folder = args.work_dir or (
        Path('work_dirs') / Path(args.config).stem / 'self_training'
    )
    if config.get('labeler') is not None:
        label_scenes(config.labeler, sources_of(config), labels)
    training = SelfTraining(config, labels, folder)
    rounds = training.run()
    print(f'{"round":>5} {"masks":>6} {"new":>5} {"covered":>8}')
    for entry in rounds:
        print(
            f'{entry["round"]:>5} {entry["masks"]:>6} {entry["new"]:>5} '
            f'{entry["covered"]:>8.1%}'
        )
    print(f'pseudo-masks, predictions and weights: {folder}')


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
