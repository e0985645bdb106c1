"""What a calibration found out: one row a setting, the best first."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mmcuts3d.evaluation import evaluate_coco

from .candidates import Candidate

#: What is told of a setting where true masks are known.
MEASURES = ('AP', 'AP50', 'AR100')


@dataclass(frozen=True)
class Row:
    """What a setting came to.

    Attributes:
        candidate (Candidate): The setting.
        repeatability (float): Mean over the images, in [0, 1].
        error (float): Standard error of this mean; NaN for one image.
        num_masks (float): Masks an image.
        measures (dict[str, float], optional): ``AP``, ``AP50`` and ``AR100``
            of the masks in percent; None without annotations.
    """

    candidate: Candidate
    repeatability: float
    error: float
    num_masks: float
    measures: dict[str, float] | None = None

    @property
    def criterion(self) -> float:
        """What rows are sorted by: AP, or repeatability without labels."""
        if self.measures is None:
            return self.repeatability
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
        repeatability (list[float]): Of each setting, in [0, 1].
        num_masks (list[int]): Of each setting.
        predictions (list[list[dict]]): Of each setting the masks as COCO's
            predictions; empty lists without annotations.
    """

    repeatability: list[float]
    num_masks: list[int]
    predictions: list[list[dict[str, Any]]]


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
        values = np.array([found.repeatability[place] for found in outcomes])
        measures = None
        if images is not None:
            predictions = [
                row for found in outcomes for row in found.predictions[place]
            ]
            found = evaluate_coco(images, ground_truth, predictions, 'segm')
            measures = {name: found[name] for name in MEASURES}
        number = len(values)
        rows.append(
            Row(
                candidate,
                float(values.mean()),
                float(values.std(ddof=1) / number**0.5)
                if number > 1
                else math.nan,
                float(np.mean([found.num_masks[place] for found in outcomes])),
                measures,
            )
        )
    return sorted(rows, key=lambda row: -row.criterion)
