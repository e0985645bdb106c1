"""Measures that are counted together, and the one pass over the images that
counts for all of them."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, get_args

import numpy as np

from ..statistics import Measure, RatioStatistics
from .overlaps import ImageRows, rows_by_image

IoUType = Literal['bbox', 'segm', 'boundary']
IOU_TYPES: tuple[IoUType, ...] = get_args(IoUType)
#: What an IoU type is called in titles.
IOU_WORDS = {'bbox': 'box', 'segm': 'mask', 'boundary': 'boundary'}


class Computable(Protocol):
    """Statistics of a set of images, see :mod:`..statistics`."""

    def compute(
        self, counts: np.ndarray, names: Collection[str]
    ) -> dict[str, float]:
        """Values of named measures, each image taken ``counts`` times."""


class MeasureGroup(ABC):
    """Measures that are counted together: validate, update, compute.

    The arguments are validated when a group is made. :meth:`update` counts
    one image, :meth:`gather` puts the statistics of all images together,
    and these compute the values, of the set as it is and of each sample of
    the bootstrap.

    Attributes:
        measures (tuple[Measure, ...]): The declarations.
        iou_type (str): What is measured: boxes, masks or boundaries.
    """

    measures: tuple[Measure, ...]
    iou_type: IoUType = 'segm'

    @abstractmethod
    def update(self, rows: ImageRows) -> Any:
        """Count one image.

        Args:
            rows (ImageRows): What belongs to it.

        Returns:
            Any: Its statistics; small, and no more needed of the image.
        """

    @abstractmethod
    def gather(self, updates: list) -> list[Computable]:
        """Put the statistics of all images together.

        Args:
            updates (list): What :meth:`update` returned of each image.

        Returns:
            list[Computable]: The statistics of the set.
        """

    def __call__(
        self,
        images: Sequence[dict],
        ground_truth: Sequence[dict],
        predictions: Sequence[dict],
    ) -> dict[str, float]:
        """Measure plain lists.

        Args:
            images (Sequence[dict]): COCO images.
            ground_truth (Sequence[dict]): Annotations.
            predictions (Sequence[dict]): Predictions.

        Returns:
            dict[str, float]: Names to values, as metrics report them.

        Raises:
            ValueError: See :func:`~.overlaps.rows_by_image`.
        """
        data = (images, ground_truth, predictions)
        return image_statistics([self], *data).reported()


class RatioGroup(MeasureGroup):
    """Measures that are sums over numbers.

    :meth:`update` returns for the name of each measure the sum over what is
    counted in the image, and its number.
    """

    def gather(self, updates: list) -> list[Computable]:
        """See :class:`MeasureGroup`."""
        return [RatioStatistics.gather(self.measures, updates)]


@dataclass(frozen=True)
class ImageStatistics:
    """Statistics of a set of images, of any number of groups.

    Args:
        image_ids (list): I ids, rising.
        measures (tuple[Measure, ...]): The declarations.
        parts (tuple[Computable, ...]): The statistics.
    """

    image_ids: list
    measures: tuple[Measure, ...]
    parts: tuple[Computable, ...]

    @cached_property
    def values(self) -> dict[str, float]:
        """Names to values, each image taken once; NaN of nothing."""
        return self.compute(
            np.ones(len(self.image_ids), int),
            [measure.name for measure in self.measures],
        )

    def reported(self) -> dict[str, float]:
        """The values as metrics report them, see :meth:`Measure.reported`."""
        return {
            measure.name: measure.reported(self.values[measure.name])
            for measure in self.measures
        }

    def compute(
        self, counts: np.ndarray, names: Collection[str]
    ) -> dict[str, float]:
        """Measure with each image taken so many times.

        Args:
            counts (np.ndarray): (I,) int.
            names (Collection[str]): Measures to compute.

        Returns:
            dict[str, float]: Values in the order of ``measures``, NaN where
            there is nothing to measure.
        """
        values: dict[str, float] = {}
        for part in self.parts:
            values.update(part.compute(counts, names))
        return {
            m.name: values[m.name] for m in self.measures if m.name in names
        }

    def per_image(self, name: str) -> dict[Any, float]:
        """The values of single images.

        Args:
            name (str): A measure that is a sum over a number.

        Returns:
            dict: Image id to value; images without anything to measure are
            not in it.
        """
        for part in self.parts:
            if isinstance(part, RatioStatistics) and name in {
                measure.name for measure in part.measures
            }:
                pairs = zip(self.image_ids, part.per_image(name), strict=True)
                return {
                    image_id: float(value)
                    for image_id, value in pairs
                    if not np.isnan(value)
                }
        raise ValueError(
            'Expected a measure that is known of each image, but got '
            f'{name!r}.'
        )


def image_statistics(
    groups: Sequence[MeasureGroup],
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
) -> ImageStatistics:
    """Count each image once, for all measures.

    Args:
        groups (Sequence[MeasureGroup]): What is to be measured; no two with
            a measure of one name.
        images (Sequence[dict]): COCO images, ``id`` at least; for masks also
            ``height`` and ``width``.
        ground_truth (Sequence[dict]): Annotations, as
            :func:`~mmcuts3d.evaluation.load_ground_truth` makes them.
        predictions (Sequence[dict]): ``image_id``, ``score`` and what the
            groups need: ``bbox`` (x, y, width, height), ``segmentation``
            (run-length code), ``confidence`` (map).

    Returns:
        ImageStatistics: The statistics; images by rising id.

    Raises:
        ValueError: If an image is listed twice, or an annotation or a
            prediction is of none of them.
    """
    ordered = sorted(images, key=lambda image: image['id'])
    updates: list[list] = [[] for _ in groups]
    for rows in rows_by_image(ordered, ground_truth, predictions):
        for group, found in zip(groups, updates, strict=True):
            found.append(group.update(rows.of(group.iou_type)))
    return ImageStatistics(
        [image['id'] for image in ordered],
        tuple(measure for group in groups for measure in group.measures),
        tuple(
            part
            for group, found in zip(groups, updates, strict=True)
            for part in group.gather(found)
        ),
    )


def check_iou_type(iou_type: str) -> None:
    """Check that there is an IoU of this name.

    Args:
        iou_type (str): The name.

    Raises:
        ValueError: If there is not.
    """
    if iou_type not in IOU_TYPES:
        raise ValueError(
            f'Expected argument `iou_type` to be one of {IOU_TYPES}, but got '
            f'{iou_type!r}.'
        )
