"""Who overlaps whom: the table that most measures begin with."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from .boundary import row_boundary_iou


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
                f'{image_id} {number} times.'
            )


def rows_by_image(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str = 'bbox',
) -> Iterator[ImageRows]:
    """Go through the images with what belongs to each.

    Args:
        images (Sequence[dict]): COCO images, ``id`` at least.
        ground_truth (Sequence[dict]): Annotations with ``image_id`` and
            perhaps ``iscrowd``; those of other images are left out.
        predictions (Sequence[dict]): ``image_id`` and ``score``.
        iou_type (str): What is measured, see :func:`known_truth`. Defaults to
            'bbox'.

    Yields:
        ImageRows: One an image, in the order of ``images``.
    """
    truth, crowds, found = (defaultdict(list) for _ in range(3))
    for row in known_truth(ground_truth, iou_type):
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


def known_truth(ground_truth: Sequence[dict], iou_type: str) -> Sequence[dict]:
    """The annotations that a measure may look for.

    Args:
        ground_truth (Sequence[dict]): Annotations; those that are
            ``box_only`` have their box in place of a mask.
        iou_type (str): 'bbox', 'segm' or 'boundary'.

    Returns:
        Sequence[dict]: The same for boxes; for masks, those that are
        ``box_only`` are crowds: what is found there counts neither as right
        nor as wrong.
    """
    if iou_type == 'bbox' or not any('box_only' in r for r in ground_truth):
        return ground_truth
    return [
        {**row, 'iscrowd': 1} if row.get('box_only') else row
        for row in ground_truth
    ]


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
