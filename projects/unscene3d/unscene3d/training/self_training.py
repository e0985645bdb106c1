"""Self-training: train, predict, add what is new, train again (Sec. 4.3)."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from mmcuts3d.engine.innermost import innermost_config
from mmcuts3d.files import shown

from ..structures import SceneInstances
from .predicting import load_model, predict_scenes, scenes_to_predict
from .pseudo_mask_scenes import PseudoMaskScenes
from .round_rule import RoundRule
from .rounds_record import RoundFolder, RoundsRecord, fingerprint
from .scene_labels import label_path, read_scene_labels, write_scene_labels


class SelfTraining:
    """Rounds of training on pseudo-masks and its own predictions.

    Round 1 trains on M⁰ as the config says, each later one on the masks of
    the round before, from its weights, with the entries of
    ``self_training.later`` in place of the config's. What is stopped at any
    moment goes on, to the same pseudo-masks: labels are whole files, and a
    training goes on from its last epoch. Runs in one process.

    Args:
        config (Config): Of a training, by epochs, with a ``test_pipeline``
            and ``self_training = dict(rounds=…, later=dict(…),
            rule=dict(…))``.
        labels (str | Path): Folder of the first pseudo-masks, M⁰.
        folder (str | Path): Where everything goes: ``rounds.json`` and
            ``round_1``, ``round_2``, …

    Raises:
        ValueError: If the config lacks an entry, labels are missing, or the
            folder holds another self-training.
    """

    def __init__(
        self, config: Config, labels: str | Path, folder: str | Path
    ) -> None:
        self.config = config
        self.first_labels = Path(labels)
        self.folder = Path(folder)
        settings = config.get('self_training') or {}
        missing = [
            key
            for key in ('self_training', 'test_pipeline', 'randomness')
            if config.get(key) is None
        ]
        if missing or 'max_epochs' not in (config.get('train_cfg') or {}):
            raise ValueError(
                'Expected the config of a training by epochs with '
                '`self_training`, `test_pipeline` and `randomness`, but it '
                f'lacks {missing or ["train_cfg.max_epochs"]}.'
            )
        self.number = int(settings.get('rounds', 4))
        self.later = dict(settings.get('later') or {})
        self.rule = RoundRule(**(settings.get('rule') or {}))
        self.dataset = scenes_to_predict(config, self.first_labels)
        self.record = RoundsRecord(
            self.folder,
            fingerprint(
                config,
                [
                    label_path(self.first_labels, name)
                    for name in self.dataset.names
                ],
            ),
        )

    def run(self) -> list[dict[str, Any]]:
        """All rounds that are not done yet.

        Returns:
            list[dict]: Statistics of each round, as in ``rounds.json``:
            ``round``, ``checkpoint``, ``scenes``, ``masks`` and ``new`` of
            all scenes, ``predictions``, ``covered``, the mean share of a
            scene's vertices in a mask.
        """
        for number in range(len(self.record.rounds) + 1, self.number + 1):
            checkpoint = self._train(number)
            self.record.add(self._relabel(number, checkpoint))
        return self.record.rounds[: self.number]

    def round_folder(self, number: int) -> RoundFolder:
        """The folder of a round, from 1 on."""
        return RoundFolder(self.folder / f'round_{number}')

    def labels_before(self, number: int) -> Path:
        """The folder of labels that a round trains on."""
        if number == 1:
            return self.first_labels
        return self.round_folder(number - 1).labels

    def round_config(self, number: int) -> Config:
        """The config of a round's training.

        Args:
            number (int): From 1 on.

        Returns:
            Config: As the Runner takes it.
        """
        config = deepcopy(self.config)
        folder = self.round_folder(number)
        if number > 1:
            config.merge_from_dict(deepcopy(self.later))
            before = self.round_folder(number - 1)
            epochs = self.config.train_cfg.max_epochs
            if number > 2:
                epochs = config.train_cfg.max_epochs
            config.load_from = str(before.path / f'epoch_{epochs}.pth')
        innermost_config(config.train_dataloader.dataset)['labels'] = str(
            self.labels_before(number)
        )
        config.work_dir = str(folder.path)
        config.experiment_name = f'{self.folder.name}_round_{number}'
        config.launcher = 'none'
        config.resume = False
        last = folder.last_checkpoint()
        if last is not None:
            config.resume, config.load_from = True, str(last)
        return config

    def _train(self, number: int) -> Path:
        """The checkpoint of a round, trained where that is not done."""
        config = self.round_config(number)
        folder, epochs = self.round_folder(number), config.train_cfg.max_epochs
        if folder.trained(epochs) is None:
            Runner.from_cfg(config).train()
        checkpoint = folder.trained(epochs)
        if checkpoint is None:
            raise ValueError(
                f'Expected training to leave {shown(folder.path)}/epoch_'
                f'{epochs}.pth, but it did not: `default_hooks.checkpoint` '
                'must save by epoch.'
            )
        return checkpoint

    def _relabel(self, number: int, checkpoint: Path) -> dict[str, Any]:
        """Predict all scenes of a round, and write the labels of the next."""
        folder = self.round_folder(number)
        wanted = [
            index
            for index, name in enumerate(self.dataset.names)
            if not label_path(folder.labels, name).is_file()
        ]
        if wanted:
            model = load_model(self.config, checkpoint)
            found = predict_scenes(model, self.dataset, wanted)
            for name, predicted in found:
                write_scene_labels(folder.predictions, name, predicted)
                # The labels last: a scene that has them is done.
                write_scene_labels(
                    folder.labels, name, self._next(number, name, predicted)
                )
        entry = {
            'round': number,
            'checkpoint': checkpoint.name,
            **round_statistics(self.dataset, folder, self.first_labels),
        }
        print_log(f'round {number}: {entry}', logger='current')
        return entry

    def _next(
        self, number: int, name: str, predicted: SceneInstances
    ) -> SceneInstances:
        return self.rule(
            read_scene_labels(self.first_labels, name),
            read_scene_labels(self.labels_before(number), name),
            predicted,
            name,
        )


def round_statistics(
    dataset: PseudoMaskScenes, folder: RoundFolder, first_labels: Path
) -> dict[str, Any]:
    """What a round leaves.

    Args:
        dataset (PseudoMaskScenes): Its scenes.
        folder (RoundFolder): Of the round.
        first_labels (Path): Folder of M⁰.

    Returns:
        dict: See :meth:`SelfTraining.run`.
    """
    masks = new = predictions = 0
    covered = []
    for name in dataset.names:
        labels = read_scene_labels(folder.labels, name)
        masks += len(labels)
        new += len(labels) - len(read_scene_labels(first_labels, name))
        predictions += len(read_scene_labels(folder.predictions, name))
        sizes = labels.segments.sizes
        covered.append(labels.masks.any(axis=0) @ sizes / sizes.sum())
    return {
        'scenes': len(dataset.names),
        'masks': masks,
        'new': new,
        'predictions': predictions,
        'covered': round(float(np.mean(covered)), 6),
    }
