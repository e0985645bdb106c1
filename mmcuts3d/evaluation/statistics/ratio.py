"""Measures that are a sum over a number, both counted in each image."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .measure import Measure


@dataclass(frozen=True)
class RatioStatistics:
    """Sums and numbers of K measures in I images.

    Args:
        measures (tuple[Measure, ...]): K declarations.
        sums (np.ndarray): (K, I) float, sum over what is counted in each
            image.
        numbers (np.ndarray): (K, I) float, how much is counted.
    """

    measures: tuple[Measure, ...]
    sums: np.ndarray
    numbers: np.ndarray

    @classmethod
    def gather(
        cls,
        measures: Sequence[Measure],
        updates: Sequence[Mapping[str, tuple[float, float]]],
    ) -> 'RatioStatistics':
        """Put the statistics of images side by side.

        Args:
            measures (Sequence[Measure]): The declarations.
            updates (Sequence[Mapping]): Of each image: name of each measure
                to its sum and its number.

        Returns:
            RatioStatistics: Those of all images.
        """
        cells = np.array(
            [[update[m.name] for update in updates] for m in measures], float
        ).reshape(len(measures), len(updates), 2)
        return cls(tuple(measures), cells[..., 0], cells[..., 1])

    def compute(
        self, counts: np.ndarray, names: Collection[str]
    ) -> dict[str, float]:
        """Measure with each image taken so many times.

        Args:
            counts (np.ndarray): (I,) int.
            names (Collection[str]): Measures to compute.

        Returns:
            dict[str, float]: Those of ``names`` that are among
            ``measures``; NaN of nothing.
        """
        numbers, sums = self.numbers @ counts, self.sums @ counts
        return {
            measure.name: _ratio(measure.scale * sums[row], numbers[row])
            for row, measure in enumerate(self.measures)
            if measure.name in names
        }

    def per_image(self, name: str) -> np.ndarray:
        """The value of each image by itself.

        Args:
            name (str): Of a measure.

        Returns:
            np.ndarray: (I,) float, NaN where nothing is counted.
        """
        row = [measure.name for measure in self.measures].index(name)
        scale = self.measures[row].scale
        return np.array(
            [
                _ratio(scale * total, number)
                for total, number in zip(
                    self.sums[row], self.numbers[row], strict=True
                )
            ]
        )


def _ratio(total: float, number: float) -> float:
    return float(total / number) if number else float('nan')
