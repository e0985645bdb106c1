"""What a calibration found out: one row a setting, the best first."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from mmcuts3d.evaluation import evaluate_coco

from .candidates import Candidate
from .criterion import Stability

#: What is told of a setting where true masks are known.
MEASURES = ('AP', 'AP50', 'AR100')


@dataclass(frozen=True)
class Row:
    """What a setting came to.

    Attributes:
        candidate (Candidate): The setting.
        stability (float): Mean of the criterion without labels over the
            images, in [0, 1], see :class:`~.criterion.Stability`.
        error (float): Standard error of this mean; NaN for one image.
        repeatability (float): Mean of its first factor.
        ncut (float): Mean cost of the semantic cuts, in [0, 2].
        num_masks (float): Masks an image, on half of the grid.
        measures (dict[str, float], optional): ``AP``, ``AP50`` and ``AR100``
            of the masks in percent; None without annotations.
    """

    candidate: Candidate
    stability: float
    error: float
    repeatability: float
    ncut: float
    num_masks: float
    measures: dict[str, float] | None = None

    @property
    def criterion(self) -> float:
        """What rows are sorted by: AP, or stability without labels."""
        if self.measures is None:
            return self.stability
        return self.measures['AP']

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON holds it; NaN is null."""
        row = asdict(self)
        del row['candidate'], row['measures']
        row = {**self.candidate._asdict(), **row, **(self.measures or {})}
        return {
            name: None
            if isinstance(value, float) and math.isnan(value)
            else value
            for name, value in row.items()
        }


@dataclass
class Outcome:
    """One image, cut in all settings.

    Args:
        stability (list[Stability]): Of each setting.
        num_masks (list[int]): Of each setting.
        predictions (list[list[dict]]): Of each setting the masks as COCO's
            predictions; empty without annotations.
    """

    stability: list[Stability] = field(default_factory=list)
    num_masks: list[int] = field(default_factory=list)
    predictions: list[list[dict[str, Any]]] = field(default_factory=list)


def make_rows(
    candidates: Sequence[Candidate],
    outcomes: Sequence[Outcome],
    images: Sequence[dict[str, Any]] | None = None,
    ground_truth: Sequence[dict[str, Any]] = (),
) -> list[Row]:
    """The rows of all settings, the best first.

    Args:
        candidates (Sequence[Candidate]): The settings.
        outcomes (Sequence[Outcome]): One an image, at least one.
        images (Sequence[dict], optional): COCO images that were cut, where
            true masks are known. Defaults to None: they are not.
        ground_truth (Sequence[dict]): Annotations of these images.

    Returns:
        list[Row]: By falling criterion; of equal ones in the order of
        ``candidates``.
    """
    rows = []
    for place, candidate in enumerate(candidates):
        found = [outcome.stability[place] for outcome in outcomes]
        values = np.array([one.value for one in found])
        measures = None
        if images is not None:
            predictions = [
                row for one in outcomes for row in one.predictions[place]
            ]
            told = evaluate_coco(images, ground_truth, predictions, 'segm')
            measures = {name: told[name] for name in MEASURES}
        number = len(values)
        rows.append(
            Row(
                candidate,
                float(values.mean()),
                float(values.std(ddof=1) / number**0.5)
                if number > 1
                else math.nan,
                float(np.mean([one.repeatability for one in found])),
                float(np.mean([one.ncut for one in found])),
                float(np.mean([one.num_masks[place] for one in outcomes])),
                measures,
            )
        )
    return sorted(rows, key=lambda row: -row.criterion)
