"""Kills trainings by kill -9 at any moment, and runs them again until done.

    python benchmarks/faults/training.py [--kills 20]

The demo in small: it labels 12 embedded scenes, trains, self-trains one round
and goes on. A run is a process forked from this one, and is killed again and
again; then it must have ended as it should: with the labels of an unbroken run
byte by byte, its round begun where it begins, and with the labels that the
checkpoint of that iteration gives when it is resumed in an empty folder.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import torch
from faults import code_of, fork
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner import Runner

from mmcuts3d.engine.config import load_config
from mmcuts3d.files.json_files import read_json
from mmcuts3d.labels import open_store

ROOT = Path(__file__).resolve().parents[2]
DEMO = (
    ROOT / 'configs' / 'cuts3d' / 'cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-'
    'demo_rgbd-scenes.py'
)
BEGIN, END = 12, 24  # iterations


def config_of(data: Path, folder: Path, end: int = END) -> Config:
    """The demo in small, all that it writes in a folder."""
    config = load_config(
        str(DEMO),
        {
            'data_root': str(data),
            'labels_dir': str(folder / 'labels'),
            'max_iters': end,
            'first_round': BEGIN,
        },
    )
    hook = config.custom_hooks[0]
    hook.score_thr = 0.1  # after so few iterations
    for loader in (
        config.train_cfg.labels.dataloader,
        hook.dataloader,
        config.val_dataloader,
    ):
        loader.dataset.num_scenes = 12
    config.default_hooks.checkpoint.update(interval=4, max_keep_ckpts=-1)
    config.work_dir = str(folder / 'run')
    config.resume = True
    return config


def start(config: Config, log: Path) -> int:
    """Train in a process of its own."""

    def train() -> int:
        torch.set_num_threads(1)
        Runner.from_cfg(config).train()
        return 0

    return fork(train, log)


def faults_of(data: Path, folder: Path, unbroken: Path, log: Path) -> list:
    """What of a run that ended is not as it should be."""
    labels = Path('labels', 'pseudo_labels.json')
    if (folder / labels).read_bytes() != (unbroken / labels).read_bytes():
        return ['the labels are not those of an unbroken run']
    rounds = folder / 'labels' / 'self_training'
    noted = [
        (one['round'], one['begin'])
        for one in read_json(rounds / 'rounds.json', 'rounds')
    ]
    if noted != [(0, 0), (1, BEGIN)]:
        return [f'rounds {noted}']
    if not (folder / 'run' / f'iter_{END}.pth').exists():
        return ['no last checkpoint']
    # The same iteration, resumed where nothing of the round is left.
    again = folder / 'again'
    config = config_of(data, folder, BEGIN + 1)
    config.work_dir = str(again / 'run')
    config.custom_hooks[0].out_dir = str(again / 'rounds')
    config.load_from = str(folder / 'run' / f'iter_{BEGIN}.pth')
    if code_of(start(config, log)):
        return ['the checkpoint of the round could not be resumed']
    made, expected = (
        [record.to_dict() for record in open_store(path / 'round_1.json')]
        for path in (rounds, again / 'rounds')
    )
    return [] if made == expected else ['another round than its checkpoint']


def main() -> int:
    """Prints a line a run; 1 if one did not end as it should."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    MMLogger.get_instance('faults', log_level='WARNING')
    top = Path(tempfile.mkdtemp(prefix='faults-'))
    data, log = top / 'data', top / 'log.txt'
    unbroken = top / 'unbroken'
    began = time.monotonic()
    assert code_of(start(config_of(data, unbroken), log)) == 0, log.read_text()
    lasts = time.monotonic() - began
    draw = random.Random(args.seed)
    kills, wrong, number = 0, 0, 0
    while kills < args.kills:
        number += 1
        folder = top / f'run_{number}'
        moments = []
        while True:
            pid = start(config_of(data, folder), log)
            # Three kills a run at most, or it might never end; what is left
            # to do lasts the shorter the more is done.
            after = draw.uniform(0, 0.7 * lasts) / (1 + len(moments))
            if len(moments) < 3 and kills < args.kills:
                time.sleep(after)
                os.kill(pid, signal.SIGKILL)
            code = code_of(pid)
            if code >= 0:
                break
            moments.append(f'{after:.1f}')
            kills += 1
        found = (
            faults_of(data, folder, unbroken, log)
            if not code
            else [f'exit code {code}']
        )
        wrong += bool(found)
        print(
            f'run {number}, killed after {", ".join(moments) or "-"} s of '
            f'{lasts:.1f}: {"; ".join(found) or "as it should be"}',
            flush=True,
        )
        if not found:
            shutil.rmtree(folder)
    print(f'{kills} kills; {wrong} of {number} runs are wrong')
    if not wrong:
        shutil.rmtree(top)
    return int(wrong > 0)


if __name__ == '__main__':
    sys.exit(main())
