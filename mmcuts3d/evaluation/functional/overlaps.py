"""Who overlaps whom: the table that most measures begin with."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from .boundary import row_boundary_iou, with_boundaries


@dataclass
class ImageRows:
    """Annotations and predictions of one image.

    Attributes:
        image (dict): Row of COCO's ``images``.
        truth (list[dict]): Annotations of single instances.
        crowds (list[dict]): Annotations that stand for many.
        found (list[dict]): Predictions by falling score, of equal scores in
            the order they came in.
    """

    image: dict
    truth: list[dict]
    crowds: list[dict]
    found: list[dict]
    _ious: dict[str, np.ndarray] = field(
        default_factory=dict, repr=False, compare=False
    )
    _of_masks: 'ImageRows | None' = field(
        default=None, repr=False, compare=False
    )

    def of(self, iou_type: str) -> 'ImageRows':
        """What a measure of boxes or of masks may look for.

        Args:
            iou_type (str): 'bbox', 'segm' or 'boundary'.

        Returns:
            ImageRows: The same for boxes. For masks, annotations that are
            ``box_only`` (their box stands in place of a mask) are crowds:
            what is found there counts neither as right nor as wrong.
        """
        boxes = [row for row in self.truth if row.get('box_only')]
        if iou_type == 'bbox' or not boxes:
            return self
        if self._of_masks is None:
            truth = [row for row in self.truth if not row.get('box_only')]
            boxes = [{**row, 'iscrowd': 1} for row in boxes]
            self._of_masks = ImageRows(
                self.image, truth, [*self.crowds, *boxes], self.found
            )
        return self._of_masks

    def ious(self, iou_type: str) -> np.ndarray:
        """:func:`iou_matrix` of ``found`` and ``truth``, computed once.

        Args:
            iou_type (str): 'bbox', 'segm' or 'boundary'.

        Returns:
            np.ndarray: (P, G) in [0, 1].
        """
        if iou_type not in self._ious:
            if iou_type == 'boundary':
                self.know_boundaries()
            self._ious[iou_type] = iou_matrix(self.found, self.truth, iou_type)
        return self._ious[iou_type]

    def know_boundaries(self) -> None:
        """Give all rows a ``boundary``, for several measures to use."""
        self.truth = with_boundaries(self.truth)
        self.crowds = with_boundaries(self.crowds)
        self.found = with_boundaries(self.found)


def check_ids(ids: Sequence[Any]) -> None:
    """Check that each image is listed once.

    Args:
        ids (Sequence): Ids of the images.

    Raises:
        ValueError: If one comes again; names it.
    """
    for image_id, number in Counter(ids).items():
        if number > 1:
            raise ValueError(
                'Expected each image to be listed once, but got image '
                f'{image_id!r} {number} times.'
            )


def rows_by_image(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
) -> Iterator[ImageRows]:
    """Go through the images with what belongs to each.

    Args:
        images (Sequence[dict]): COCO images, ``id`` at least.
        ground_truth (Sequence[dict]): Annotations with ``image_id`` and
            perhaps ``iscrowd``.
        predictions (Sequence[dict]): ``image_id`` and ``score``.

    Yields:
        ImageRows: One an image, in the order of ``images``.

    Raises:
        ValueError: If an image is listed twice, or an annotation or a
            prediction is of none of them: measured without it, the values
            would be wrong, and nobody would know.
    """
    check_ids([image['id'] for image in images])
    known = {image['id'] for image in images}
    _check_known(ground_truth, known, 'annotations')
    _check_known(predictions, known, 'predictions')
    truth, crowds, found = (defaultdict(list) for _ in range(3))
    for row in ground_truth:
        kind = crowds if row.get('iscrowd', 0) else truth
        kind[row['image_id']].append(row)
    for row in predictions:
        found[row['image_id']].append(row)
    for image in images:
        number = image['id']
        # .get(), for a defaultdict grows by each image it is asked for.
        rows = sorted(
            found.get(number, []), key=lambda row: row['score'], reverse=True
        )
        yield ImageRows(
            image, truth.get(number, []), crowds.get(number, []), rows
        )


def _check_known(rows: Sequence[dict], known: set, what: str) -> None:
    unknown = Counter(
        row['image_id'] for row in rows if row['image_id'] not in known
    )
    if not unknown:
        return
    names = ', '.join(repr(image_id) for image_id in list(unknown)[:5])
    more = f' and {len(unknown) - 5} more' if len(unknown) > 5 else ''
    example = repr(next(iter(known))) if known else 'none'
    raise ValueError(
        f'Expected the `image_id` of all {what} to be that of a listed image '
        f'(such as {example}), but got {sum(unknown.values())} with others: '
        f'{names}{more}.'
    )


def iou_matrix(
    found: Sequence[dict], truth: Sequence[dict], iou_type: str
) -> np.ndarray:
    """Intersection over union of every prediction with every instance.

    Args:
        found (Sequence[dict]): P predictions of an image.
        truth (Sequence[dict]): G annotations of the same image, no crowds.
        iou_type (str): 'bbox', 'segm', or 'boundary' for the lower of mask
            IoU and Boundary IoU.

    Returns:
        np.ndarray: (P, G) in [0, 1].

    Raises:
        ValueError: If the IoU type has no such name.
    """
    if iou_type not in ('bbox', 'segm', 'boundary'):
        raise ValueError(
            "Expected argument `iou_type` to be 'bbox', 'segm' or 'boundary',"
            f' but got {iou_type!r}.'
        )
    if not found or not truth:
        return np.zeros((len(found), len(truth)))
    key = 'bbox' if iou_type == 'bbox' else 'segmentation'
    regions = [[row[key] for row in rows] for rows in (found, truth)]
    ious = np.asarray(coco_mask.iou(*regions, [0] * len(truth)))
    if iou_type == 'boundary':
        ious = np.minimum(ious, row_boundary_iou(found, truth))
    return ious


def mask_shares(
    found: Sequence[dict[str, Any]], truth: Sequence[dict[str, Any]]
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of masks that lie in other masks.

    Args:
        found (Sequence[dict]): P run-length codes.
        truth (Sequence[dict]): G run-length codes of the same image.

    Returns:
        tuple[np.ndarray, np.ndarray]: Two tables (P, G) in [0, 1]: the share
        of each first mask inside each second one, and the share of each
        second mask inside each first one; 0 for empty masks.
    """
    if not len(found) or not len(truth):
        empty = np.zeros((len(found), len(truth)))
        return empty, empty
    found, truth = list(found), list(truth)
    # Against a crowd, pycocotools divides by the area of the prediction.
    inside = np.asarray(coco_mask.iou(found, truth, [1] * len(truth)))
    covered = np.asarray(coco_mask.iou(truth, found, [1] * len(found))).T
    return inside, covered
