"""Guidance scheduling: depth leads first, and then less and less."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DecaySchedule:
    """A weight that falls in steps (supplement, B.3 and Table 2).

    weight · factor^⌊step / every⌋

    Args:
        every (int, optional): Training steps from one fall to the next.
            Defaults to None: the weight stays.
        factor (float): In (0, 1]. Defaults to 1.

    Raises:
        ValueError: If a setting is out of range.
    """

    every: int | None = None
    factor: float = 1.0

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise ValueError(
                'Expected argument `every` to be at least 1, or None, but '
                f'got {self.every}'
            )
        if not 0 < self.factor <= 1:
            raise ValueError(
                'Expected argument `factor` to be in (0, 1], but got '
                f'{self.factor}'
            )

    def __call__(self, weight: float, step: int) -> float:
        """The weight at a step of the training, counted from 0."""
        if self.every is None:
            return weight
        return weight * self.factor ** (step // self.every)
