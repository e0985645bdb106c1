"""What a self-training has done so far, in its folder."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import digest_files, write_json

#: Entries of a config that decide what a training learns.
_DECIDES = (
    'model',
    'train_dataloader',
    'train_cfg',
    'optim_wrapper',
    'param_scheduler',
    'test_pipeline',
    'randomness',
    'self_training',
)
#: Entries inside of these that do not.
_DECIDES_NOT = {'labels', 'num_workers', 'persistent_workers', 'rounds'}


@dataclass(frozen=True)
class RoundFolder:
    """Where a round lies.

    Attributes:
        path (Path): ``round_t``: its log, its checkpoints, and the folders
            ``predictions`` and ``labels``.
    """

    path: Path

    @property
    def labels(self) -> Path:
        """The pseudo-masks that it leaves to the next round, Mᵗ."""
        return self.path / 'labels'

    @property
    def predictions(self) -> Path:
        """All that its model finds."""
        return self.path / 'predictions'

    def last_checkpoint(self) -> Path | None:
        """The latest whole checkpoint, or None."""
        try:
            name = (self.path / 'last_checkpoint').read_text('utf-8').strip()
        except OSError:
            return None
        path = self.path / Path(name).name
        return path if name and path.is_file() else None

    def trained(self, epochs: int) -> Path | None:
        """The checkpoint after all epochs, or None."""
        last = self.last_checkpoint()
        done = last is not None and last.name == f'epoch_{epochs}.pth'
        return last if done else None


class RoundsRecord:
    """The file ``rounds.json``: what was begun, and the rounds that ended.

    Args:
        folder (Path): Of the self-training.
        fingerprint (str): Of its settings and its first labels.

    Raises:
        ValueError: If the folder holds a self-training of others, or the
            file is damaged.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.path = folder / 'rounds.json'
        self.fingerprint = fingerprint
        self.rounds: list[dict[str, Any]] = []
        if not self.path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            self._write()
            return
        try:
            content = json.loads(self.path.read_text('utf-8'))
            begun, self.rounds = content['fingerprint'], content['rounds']
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f'Expected {shown(self.path)} to be the record of a '
                f'self-training, but got: {shown(error)}'
            ) from error
        if begun != fingerprint:
            raise ValueError(
                f'Expected {shown(folder)} to hold a self-training of the '
                'same settings and first pseudo-masks, but got one of '
                'others: choose another folder, or delete this one.'
            )

    def add(self, entry: dict[str, Any]) -> None:
        """Write that a round ended.

        Args:
            entry (dict): Its statistics.
        """
        self.rounds.append(entry)
        self._write()

    def _write(self) -> None:
        write_json(
            self.path,
            {'fingerprint': self.fingerprint, 'rounds': self.rounds},
        )


def fingerprint(config: Config, labels: list[Path]) -> str:
    """What a self-training depends on, in short.

    Args:
        config (Config): Its config.
        labels (list[Path]): Files of the first pseudo-masks.

    Returns:
        str: 32 hexadecimal digits.
    """
    settings = {key: _decisive(config.get(key)) for key in _DECIDES}
    text = json.dumps(settings, sort_keys=True, default=str)
    text += digest_files(labels)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _decisive(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _decisive(value)
            for key, value in node.items()
            if key not in _DECIDES_NOT
        }
    if isinstance(node, list | tuple):
        return [_decisive(value) for value in node]
    return node
