"""Runs rows, one after the other, each by ``tools/train.py``.

A run that was stopped goes on; rows that cut alike share their labels, and
rows that are the same run are run once.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..labeling.fingerprint import labeling_fingerprint
from ..training_logs import read_run
from .composing import compose
from .rows import Row

#: Of a run's validation, by the names of the paper's columns.
METRICS = {'AP': 'segm_AP', 'AP50': 'segm_AP50', 'AP75': 'segm_AP75'}
Train = Callable[[Path, Path], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A row that was run with a seed.

    Attributes:
        row (Row): The row.
        seed (int): The seed.
        work_dir (Path): Of the training.
        metrics (dict): Of the last validation, in percent, by 'AP', 'AP50'
            and 'AP75'; those that there are.
    """

    row: Row
    seed: int
    work_dir: Path
    metrics: dict[str, float]


def run_all(
    rows: Sequence[Row],
    base_of: Callable[[Row], Path],
    seeds: Sequence[int],
    out: Path,
    train: Train,
    options: dict[str, Any] | None = None,
) -> list[Run]:
    """Run rows with seeds; what is done is not run again.

    Args:
        rows (Sequence[Row]): The rows.
        base_of (Callable): Gives the base config of a row.
        seeds (Sequence[int]): A run each.
        out (Path): Folder of labels and runs.
        train (Callable): Trains a config file in a work dir, going on where
            a run stopped, see :func:`command`.
        options (dict, optional): Settings put over all. Defaults to None.

    Returns:
        list[Run]: For each row and seed, rows first.

    Raises:
        ValueError: If a config cannot be made: before anything is run.
        RuntimeError: If a run ends without a validation.
    """
    planned = [
        (row, seed, *_plan(base_of(row), row, seed, out, options))
        for row in rows
        for seed in seeds
    ]
    runs = []
    for row, seed, config, work_dir in planned:
        done = work_dir / 'done'
        if not done.exists():
            work_dir.mkdir(parents=True, exist_ok=True)
            path = work_dir / 'config.py'
            config.dump(path)
            train(path, work_dir)
        metrics = last_metrics(work_dir)
        if not metrics:
            raise RuntimeError(
                f'Expected the run of {row.key} in {work_dir} to end with a '
                'validation, but got none.'
            )
        done.touch()
        runs.append(
            Run(row=row, seed=seed, work_dir=work_dir, metrics=metrics)
        )
    return runs


def command(words: Sequence[str]) -> Train:
    """Trains by a command, to which config and work dir are added.

    Args:
        words (Sequence[str]): Such as ``['python', 'tools/train.py']``.

    Returns:
        Callable: For :func:`run_all`.
    """

    def train(config: Path, work_dir: Path) -> None:
        call = [*words, str(config), '--work-dir', str(work_dir), '--resume']
        result = subprocess.run(call, check=False)
        if result.returncode:
            raise RuntimeError(
                f'Expected {" ".join(call)} to end well, but got exit status '
                f'{result.returncode}; the same command goes on.'
            )

    return train


def last_metrics(work_dir: Path) -> dict[str, float]:
    """Numbers of the last validation of a run, in percent.

    Args:
        work_dir (Path): Of the training.

    Returns:
        dict[str, float]: By 'AP', 'AP50' and 'AP75'; empty without any.
    """
    curves = read_run(work_dir)['validation']
    found = {}
    for name, metric in METRICS.items():
        for key, (_, values) in curves.items():
            if key.rsplit('/', 1)[-1] == metric:
                found[name] = values[-1]
    return found


def _plan(
    base: Path,
    row: Row,
    seed: int,
    out: Path,
    options: dict[str, Any] | None,
) -> tuple[Config, Path]:
    """The config of a run, and its folder, which is named for what it is."""
    config = compose(base, row, seed, options)
    # A base makes more than one thing of its folder of labels.
    cut = labeling_fingerprint(config.train_cfg.labels.to_dict())
    folder = out / 'labels' / cut
    config = compose(
        base, row, seed, {**(options or {}), 'labels_dir': str(folder)}
    )
    config.pop('work_dir', None)
    name = labeling_fingerprint(config.to_dict(), base.stem)
    work_dir = out / 'runs' / name
    for hook in config.get('custom_hooks') or []:
        if 'SelfTrainingHook' in str(hook.get('type')):
            hook['out_dir'] = str(work_dir / 'rounds')
    return config, work_dir
