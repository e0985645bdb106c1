"""COCO's matching and accumulation, by either of two kept evaluators."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from .boundary import row_boundary_iou
from .overlaps import known_truth

BACKENDS = ('pycocotools', 'faster_coco_eval')
AREAS = ('all', 'small', 'medium', 'large')


def accumulate(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str,
    max_dets: Sequence[int],
    backend: str = 'pycocotools',
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match predictions with ground truth and accumulate over the images.

    Args:
        images (Sequence[dict]): See :func:`evaluate_coco`.
        ground_truth (Sequence[dict]): See :func:`evaluate_coco`.
        predictions (Sequence[dict]): The same, with ``area`` and
            ``iscrowd``.
        iou_type (str): 'bbox', 'segm' or 'boundary'.
        max_dets (Sequence[int]): M numbers of predictions an image.
        backend (str): One of ``BACKENDS``.

    Returns:
        tuple: The T IoU thresholds; precision of shape (T, R, A, M) at R
        recalls and the A areas of ``AREAS``; recall of shape (T, A, M).
        -1 where there is no ground truth.

    Raises:
        ImportError: If faster-coco-eval is asked for and not installed.
        ValueError: If the backend has no such name.
    """
    check_backend(backend)
    coco, evaluation_class, own_iou_type = _classes(backend, iou_type)
    # Both want images in the order of their ids; the second one, numbers.
    ids = sorted({image['id'] for image in images})
    numbers = {image_id: index for index, image_id in enumerate(ids, start=1)}
    # pycocotools reports on stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = evaluation_class(
            index_rows(
                coco(), images, known_truth(ground_truth, iou_type), numbers
            ),
            index_rows(coco(), images, predictions, numbers),
            own_iou_type,
        )
        evaluation.params.maxDets = list(max_dets)
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


def _classes(backend: str, iou_type: str) -> tuple[type, type, str]:
    if backend == 'pycocotools':
        if iou_type == 'boundary':
            return COCO, _BoundaryEvaluation, 'segm'
        return COCO, COCOeval, iou_type
    import faster_coco_eval

    return faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster, iou_type


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
    annotation of id 0 for no match. Those of unknown images are left out.

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
            if row['image_id'] in numbers
        ],
        'categories': [{'id': 1, 'name': 'object'}],
    }
    coco.createIndex()
    return coco
