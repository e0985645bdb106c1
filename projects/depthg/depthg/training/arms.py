"""Trainings of one config that differ in a few settings: an experiment."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.runner import Runner

from mmcuts3d.files import shown

from .neighbour_pairs import make_neighbours

#: What a run leaves when it is done.
RESULT = 'result.json'


def run_arm(
    config: Config,
    settings: Mapping[str, Any],
    seed: int,
    folder: str | Path,
) -> dict[str, float]:
    """Train and measure; a run that is done is read.

    Args:
        config (Config): With data loaders for training and test.
        settings (Mapping): What this arm has otherwise, by dotted names.
        seed (int): Of the weights, of what is drawn, and of the order.
        folder (str | Path): Of logs, weights and the result.

    Returns:
        dict[str, float]: The measures of the test, percent.

    Raises:
        ValueError: If the folder holds a result of other settings.
    """
    folder = Path(folder)
    config = arm_config(config, settings, seed, folder)
    told = json.dumps(config.model.to_dict(), sort_keys=True, default=str)
    path = folder / RESULT
    if path.is_file():
        result = json.loads(path.read_text('utf-8'))
        if result['model'] != told:
            raise ValueError(
                f'Expected {shown(path)} to be of these settings, but got '
                'others: delete the folder or name another one'
            )
        return result['measures']
    make_neighbours(config)
    runner = Runner.from_cfg(config)
    runner.train()
    measures = {k: float(v) for k, v in runner.test().items()}
    metric = runner.test_evaluator.metrics[0]
    matched = np.asarray(metric.matched).tolist()
    content = dict(measures=measures, matched=matched, model=told)
    path.write_text(json.dumps(content, indent=1), 'utf-8')
    return measures


def arm_config(
    config: Config, settings: Mapping[str, Any], seed: int, folder: Path
) -> Config:
    """The config of one run.

    Args:
        config (Config): Of all runs.
        settings (Mapping): By dotted names.
        seed (int): Of all that is drawn.
        folder (Path): The work dir.

    Returns:
        Config: A copy.
    """
    config = deepcopy(config)
    config.merge_from_dict(dict(settings))
    config.merge_from_dict(
        {
            'model.seed': seed,
            'randomness': dict(seed=seed),
            'train_dataloader.sampler.seed': seed,
            'train_dataloader.dataset.seed': seed,
            'work_dir': str(folder),
            'experiment_name': f'{folder.parent.name}_{folder.name}',
        }
    )
    return config


def spread(runs: Sequence[Mapping[str, float]]) -> dict[str, tuple]:
    """Mean and standard deviation (of a sample) over seeds.

    Args:
        runs (Sequence[Mapping]): Measures of each seed.

    Returns:
        dict[str, tuple]: Name to (mean, deviation); 0 for one run.
    """
    found = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        found[name] = (float(np.mean(values)), deviation)
    return found
