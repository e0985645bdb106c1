"""Measures of a whole sample, e.g. a correlation over all predictions."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from .measure import Measure


@dataclass(frozen=True)
class SampleStatistics:
    """Columns of values, image by image, and what is computed of them all.

    Args:
        measures (tuple[Measure, ...]): The declarations.
        parts (list[np.ndarray]): Of each image (C, N), N samples of C
            columns.
        function (Callable): C columns of all samples to the values, in the
            order of ``measures``, NaN where one does not exist.
    """

    measures: tuple[Measure, ...]
    parts: Sequence[np.ndarray]
    function: Callable[..., Sequence[float]]

    def compute(
        self, counts: np.ndarray, names: Collection[str]
    ) -> dict[str, float]:
        """Measure with each image taken so many times.

        Args:
            counts (np.ndarray): (I,) int.
            names (Collection[str]): Measures to compute.

        Returns:
            dict[str, float]: Those of ``names`` that are among ``measures``.
        """
        wanted = [measure.name in names for measure in self.measures]
        if not any(wanted):
            return {}
        parts = [
            part
            for part, number in zip(self.parts, counts, strict=True)
            for _ in range(number)
        ]
        columns = np.concatenate(parts, axis=1) if parts else None
        if columns is None:
            return {m.name: float('nan') for m in self.measures}
        values = self.function(*columns)
        return {
            measure.name: float(value)
            for measure, value, want in zip(
                self.measures, values, wanted, strict=True
            )
            if want
        }
