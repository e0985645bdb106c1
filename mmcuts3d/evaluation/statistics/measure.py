"""What a number says: the declaration that metrics, bootstrap and reports
read."""

import math
from dataclasses import dataclass
from typing import Literal

Unit = Literal['percent', 'count', 'correlation']


@dataclass(frozen=True)
class Measure:
    """The declaration of one measure.

    Args:
        name (str): Its key, e.g. ``segm_AP50``.
        title (str): For tables, e.g. 'mask AP50'.
        unit (str): 'percent', in [0, 100]; 'count', a mean number, 0 or
            more; 'correlation', in [-1, 1]. Defaults to 'percent'.
        higher_is_better (bool, optional): The direction; None: neither.
            Defaults to True.
        main (bool): Whether it stands in the first table of a report.
            Defaults to False.
        interval (bool): Whether the bootstrap gives it an interval. Off for
            those that would take long to measure a thousand times. Defaults
            to True.
    """

    name: str
    title: str
    unit: Unit = 'percent'
    higher_is_better: bool | None = True
    main: bool = False
    interval: bool = True

    @property
    def scale(self) -> float:
        """What a share in [0, 1] is multiplied by to be in the unit."""
        return 100.0 if self.unit == 'percent' else 1.0

    @property
    def digits(self) -> int:
        """Digits after the point in a table."""
        return 1 if self.unit == 'percent' else 2

    @property
    def title_with_direction(self) -> str:
        """The title, with an arrow to where the measure is better."""
        if self.higher_is_better is None:
            return self.title
        return f'{self.title} {"↑" if self.higher_is_better else "↓"}'

    def reported(self, value: float) -> float:
        """A value as metrics report it.

        Args:
            value (float): The value, NaN if there is nothing to measure.

        Returns:
            float: The value; -1, as pycocotools has it, if there is nothing
            to measure, but NaN of a correlation, for which -1 is a value.
        """
        if math.isnan(value) and self.unit != 'correlation':
            return -1.0
        return float(value)
