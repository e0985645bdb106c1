"""COCO's matching by pycocotools, and all of it by faster-coco-eval."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from ..statistics import AREAS, CocoMatches
from .boundary import row_boundary_iou
from .overlaps import ImageRows

Backend = Literal['pycocotools', 'faster_coco_eval']
BACKENDS: tuple[Backend, ...] = get_args(Backend)


def match_image(rows: ImageRows, iou_type: str, max_det: int) -> CocoMatches:
    """Match the predictions of one image with its ground truth.

    Args:
        rows (ImageRows): What belongs to the image.
        iou_type (str): 'bbox', 'segm' or 'boundary'.
        max_det (int): Predictions that are looked at.

    Returns:
        CocoMatches: Who was found at which IoU threshold.
    """
    if iou_type == 'boundary':
        rows.know_boundaries()
    kind = _BoundaryEvaluation if iou_type == 'boundary' else COCOeval
    numbers = {rows.image['id']: 1}
    truth = [*rows.truth, *rows.crowds]
    found = [with_area(row, iou_type) for row in rows.found]
    # pycocotools reports on stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = kind(
            index_rows(COCO(), [rows.image], truth, numbers),
            index_rows(COCO(), [rows.image], found, numbers),
            'bbox' if iou_type == 'bbox' else 'segm',
        )
        evaluation.params.maxDets = [max_det]
        evaluation.evaluate()
    thresholds = len(evaluation.params.iouThrs)
    number = min(len(found), max_det)
    flags = np.zeros((2, len(AREAS), thresholds, number), bool)
    num_truths = np.zeros(len(AREAS), int)
    scores = np.zeros(number)
    for place, match in enumerate(evaluation.evalImgs):
        if match is None:  # neither ground truth nor predictions
            continue
        num_truths[place] = np.sum(np.asarray(match['gtIgnore']) == 0)
        scores = np.asarray(match['dtScores'], float)
        # An id where there is a match, else 0.
        flags[:, place] = match['dtMatches'] > 0, match['dtIgnore'] > 0
    return CocoMatches(num_truths, scores, *flags)


def faster_accumulate(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str,
    max_dets: list[int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match and accumulate over all images by faster-coco-eval.

    Args:
        images (Sequence[dict]): See :func:`evaluate_coco`, as all others.
        ground_truth (Sequence[dict]): Annotations.
        predictions (Sequence[dict]): Predictions.
        iou_type (str): 'bbox', 'segm' or 'boundary'.
        max_dets (list[int]): M numbers of predictions per image.

    Returns:
        tuple: The T IoU thresholds; precision of shape (T, R, A, M) at R
        recalls and the A areas of ``AREAS``; recall of shape (T, A, M).
        -1 where there is no ground truth.
    """
    import faster_coco_eval

    # It wants images in the order of their ids, which must be numbers.
    ids = sorted({image['id'] for image in images})
    numbers = {image_id: index for index, image_id in enumerate(ids, start=1)}
    found = [with_area(row, iou_type) for row in predictions]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = faster_coco_eval.COCOeval_faster(
            index_rows(faster_coco_eval.COCO(), images, ground_truth, numbers),
            index_rows(faster_coco_eval.COCO(), images, found, numbers),
            iou_type,
        )
        evaluation.params.maxDets = max_dets
        evaluation.evaluate()
        evaluation.accumulate()
    # IoU thresholds x recalls x categories x areas x max_dets, and the same
    # without recalls.
    shape = evaluation.eval['counts']
    precision = np.asarray(evaluation.eval['precision']).reshape(shape)
    recall = np.asarray(evaluation.eval['recall'])
    recall = recall.reshape(shape[0], *shape[2:])
    return evaluation.params.iouThrs, precision[:, :, 0], recall[:, 0]


def check_backend(backend: str) -> None:
    """Check that an evaluator can be used.

    Args:
        backend (str): Its name.

    Raises:
        ImportError: If faster-coco-eval is asked for and not installed.
        ValueError: If there is none of this name.
    """
    if backend not in BACKENDS:
        raise ValueError(
            f'Expected argument `backend` to be one of {BACKENDS}, but got '
            f'{backend!r}.'
        )
    if backend == 'faster_coco_eval':
        try:
            import faster_coco_eval  # noqa: F401
        except ImportError as error:
            raise ImportError(
                "Backend 'faster_coco_eval' needs the package of that name: "
                "pip install 'faster-coco-eval>=1.8', or use 'pycocotools'."
            ) from error


class _BoundaryEvaluation(COCOeval):
    """Masks match by the lower of mask IoU and boundary IoU.

    A crowd has no boundary to speak of; there the mask IoU stays.
    """

    def computeIoU(self, imgId: Any, catId: Any) -> Any:
        ious = super().computeIoU(imgId, catId)
        if not len(ious):
            return ious
        # The base class goes through predictions by falling score.
        found = sorted(
            self._dts[imgId, catId], key=lambda row: row['score'], reverse=True
        )[: len(ious)]
        truth = self._gts[imgId, catId]
        edges = row_boundary_iou(found, truth)
        crowd = np.array([bool(row['iscrowd']) for row in truth])
        return np.where(crowd, ious, np.minimum(ious, edges))


def with_area(row: dict[str, Any], iou_type: str) -> dict[str, Any]:
    """Give a prediction what the evaluators ask of annotations.

    Args:
        row (dict): The prediction.
        iou_type (str): 'bbox', 'segm' or 'boundary'.

    Returns:
        dict: With ``iscrowd`` 0 and ``area``, that of the box or the mask,
        which decides whether it counts as small.
    """
    if iou_type == 'bbox':
        area = row['bbox'][2] * row['bbox'][3]
    else:
        area = coco_mask.area(row['segmentation'])
    return {**row, 'iscrowd': 0, 'area': float(area)}


def index_rows(
    coco: Any,
    images: Sequence[dict],
    annotations: Sequence[dict],
    numbers: dict[Any, int],
) -> Any:
    """Fill a COCO object of one category.

    Annotations are numbered anew from 1: the evaluators take a match with an
    annotation of id 0 for no match.

    Args:
        coco (Any): An empty object of an evaluator's class ``COCO``.
        images (Sequence[dict]): COCO images.
        annotations (Sequence[dict]): Ground truth or predictions.
        numbers (dict): Id of an image to its number there.

    Returns:
        Any: The object.
    """
    coco.dataset = {
        'images': [{**row, 'id': numbers[row['id']]} for row in images],
        'annotations': [
            {
                **row,
                'id': number,
                'image_id': numbers[row['image_id']],
                'category_id': 1,
            }
            for number, row in enumerate(annotations, start=1)
        ],
        'categories': [{'id': 1, 'name': 'object'}],
    }
    coco.createIndex()
    return coco
