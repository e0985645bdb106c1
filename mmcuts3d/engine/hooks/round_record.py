"""What a self-training run leaves of its rounds: ``rounds.json``.

One entry a round, the training before the first being round 0: where it
began, its labels and their statistics, and every validation since.
"""

import math
from pathlib import Path
from typing import Any

from mmcuts3d.files.json_files import read_json
from mmcuts3d.files.whole_files import write_json

FILE = 'rounds.json'


class RoundRecord:
    """The file, rewritten whole with each change.

    A run that is resumed keeps what was noted up to its iteration; what it
    does again replaces what stood there.

    Args:
        folder (Path): Where the labels of the rounds are.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.rounds: list[dict[str, Any]] = [_entry(0, 0)]

    def resume(self, iteration: int) -> None:
        """Go on with a file that is there.

        Args:
            iteration (int): Iterations that are done; 0 begins anew.

        Raises:
            ValueError: If the file is none of a run.
        """
        if not iteration or not self.path.exists():
            return
        rounds = read_json(self.path, 'the rounds of a self-training run')
        if not isinstance(rounds, list) or not all(
            isinstance(one, dict) and {'round', 'begin'} <= set(one)
            for one in rounds
        ):
            raise ValueError(
                f'Expected {self.path} to be a list of rounds, each with '
                '`round` and `begin`, but got something else; remove it, or '
                'take another `out_dir`.'
            )
        self.rounds = [one for one in rounds if one['begin'] <= iteration]
        for one in self.rounds:
            one['validation'] = [
                row for row in one['validation'] if row['iter'] <= iteration
            ]

    def begin(self, number: int, iteration: int, **facts: Any) -> None:
        """Note a round that begins.

        Args:
            number (int): Of the round, from 1 on.
            iteration (int): Iterations that were trained before it.
            **facts (Any): What JSON can hold.
        """
        kept = [one for one in self.rounds if one['round'] < number]
        self.rounds = [*kept, _entry(number, iteration, **facts)]
        self.write()

    def validated(self, iteration: int, metrics: dict[str, Any]) -> None:
        """Note a validation, for the round that trained up to it.

        Args:
            iteration (int): Iterations that are done.
            metrics (dict): As the evaluators name them.
        """
        trained = [one for one in self.rounds if one['begin'] < iteration]
        rows = (trained or self.rounds[:1])[-1]['validation']
        rows[:] = [row for row in rows if row['iter'] != iteration]
        rows.append({'iter': iteration, 'metrics': metrics})
        self.write()

    def write(self) -> None:
        """Write the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.path, _finite(self.rounds))


def _entry(number: int, iteration: int, **facts: Any) -> dict[str, Any]:
    return {'round': number, 'begin': iteration, **facts, 'validation': []}


def _finite(value: Any) -> Any:
    """JSON has no NaN: None in its place; what is no JSON becomes text."""
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    if hasattr(value, 'item') and getattr(value, 'size', 1) == 1:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
