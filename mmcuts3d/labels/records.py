"""One image's pseudo-labels as a record, one mask as a COCO annotation.

Masks become run-length codes here, at the door of the label store; nothing
behind it sees pixels.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from .coco import (
    CocoAnnotation,
    CocoImage,
    check_run_length,
    whole_number,
)
from .confidence import encode_confidence
from .journal import FORMAT_VERSION
from .own_files import DESCRIPTION

#: Id of the one category of labels.
CATEGORY_ID = 1
#: Its name.
CATEGORY_NAME = 'object'


@dataclass
class ImageRecord:
    """What the label store keeps of one image.

    Args:
        file_name (str): Path of the image, relative to the image folder.
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.
        image_id (int): Id of the image, unique in the store.
        annotations (list[dict]): Annotations, see
            :func:`instance_to_annotation`. Defaults to an empty list.
    """

    file_name: str
    height: int
    width: int
    image_id: int
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.file_name:
            raise ValueError(
                'Expected argument `file_name` to be a path, but got an empty '
                'string.'
            )
        if self.height < 1 or self.width < 1:
            raise ValueError(
                f'Expected the size of {self.file_name} to be positive, but '
                f'got {self.height} x {self.width}.'
            )

    def to_dict(self) -> dict[str, Any]:
        """The record as a dict that JSON can hold."""
        return asdict(self)

    def image_entry(self) -> dict[str, Any]:
        """The record's row in COCO's ``images``."""
        return CocoImage(
            self.image_id,
            self.file_name,
            self.height,
            self.width,
            self.image_id,
        ).to_dict()


def instance_to_annotation(
    mask: npt.ArrayLike | dict[str, Any],
    score: float,
    confidence: npt.ArrayLike | None = None,
) -> dict[str, Any]:
    """Write one instance as a COCO annotation without ids.

    Args:
        mask (array | dict): Mask of shape (H, W), bool, in the frame of the
            image as it is stored, with at least one pixel; or its run-length
            code, as :func:`encode_mask` makes it.
        score (float): Score in [0, 1].
        confidence (array, optional): Spatial Confidence of shape (h, w) in
            [0, 1], at patch or pixel level, raw: without a floor. Defaults
            to None: no map, which stands for 1 everywhere, also where the
            label source has no confidence (MaskCut, a detector).

    Returns:
        dict: ``segmentation`` (run-length code, ``counts`` as text), ``bbox``
        (x, y, width, height), ``area``, ``iscrowd``, ``category_id``,
        ``score`` and, if a map was given, ``confidence``.

    Raises:
        ValueError: If the mask is not 2D or is empty, its code is broken, or
            the score or the map leaves [0, 1].
    """
    rle = _checked(mask) if isinstance(mask, dict) else encode_mask(mask)
    if not coco_mask.area(rle):
        raise ValueError(
            'Expected argument `mask` to have at least one pixel, but got '
            'none.'
        )
    # Means of float32 confidences may pass 1 by a rounding error.
    if not -1e-6 <= score <= 1 + 1e-6:
        raise ValueError(
            f'Expected argument `score` to be in [0, 1], but got {score}.'
        )
    row = CocoAnnotation.of_mask(
        rle, 0, CATEGORY_ID, min(max(float(score), 0.0), 1.0)
    )
    annotation = row.to_dict()
    del annotation['image_id']  # the store gives it
    if confidence is not None:
        annotation['confidence'] = encode_confidence(confidence)
    return annotation


def masks_by_image(
    annotations: Iterable[dict[str, Any]],
) -> dict[int, list[npt.NDArray[np.bool_]]]:
    """The masks of annotations by the id of their image.

    Args:
        annotations (Iterable[dict]): With run-length codes.

    Returns:
        dict: Lists of (H, W), bool, in the order of the annotations.
    """
    masks: dict[int, list[npt.NDArray[np.bool_]]] = {}
    for row in annotations:
        mask = coco_mask.decode(row['segmentation']).astype(bool)
        masks.setdefault(row['image_id'], []).append(mask)
    return masks


def build_labels(
    records: list[ImageRecord], info: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Make the COCO dict of a list of records.

    Args:
        records (list[ImageRecord]): One record an image, ids unique.
        info (dict, optional): Put into ``info`` beside the defaults.
            Defaults to None.

    Returns:
        dict: ``info``, ``images`` sorted by id, ``annotations`` numbered
        from 1, ``categories``.
    """
    records = sorted(records, key=lambda record: record.image_id)
    annotations: list[dict[str, Any]] = []
    for record in records:
        for annotation in record.annotations:
            ids = {'id': len(annotations) + 1, 'image_id': record.image_id}
            annotations.append({**annotation, **ids})
    return {
        'info': {
            'description': DESCRIPTION,
            'version': str(FORMAT_VERSION),
            **(info or {}),
        },
        'images': [record.image_entry() for record in records],
        'annotations': annotations,
        'categories': [{'id': CATEGORY_ID, 'name': CATEGORY_NAME}],
    }


def encode_mask(mask: npt.ArrayLike) -> dict[str, Any]:
    """Run-length code of a mask.

    Args:
        mask (array): Mask of shape (H, W), bool.

    Returns:
        dict: ``size`` [H, W] and ``counts`` as text.

    Raises:
        ValueError: If the mask is not 2D.
    """
    pixels = np.asarray(mask)
    if pixels.ndim != 2:
        raise ValueError(
            'Expected argument `mask` to be of shape (H, W), but got shape '
            f'{pixels.shape}.'
        )
    return _as_text(
        coco_mask.encode(np.asfortranarray(pixels != 0, dtype=np.uint8))
    )


def _checked(rle: dict[str, Any]) -> dict[str, Any]:
    """A code of any size, checked; what is no code has no size either."""
    size = rle.get('size')
    if not isinstance(size, (list, tuple)) or len(size) != 2:
        size = (0, 0)
    height, width = (whole_number(side, '`size`') for side in size)
    return check_run_length(rle, height, width)


def _as_text(rle: dict[str, Any]) -> dict[str, Any]:
    """The code with `counts` as text, for pycocotools gives bytes."""
    counts = rle['counts']
    return {
        'size': [int(side) for side in rle['size']],
        'counts': counts.decode() if isinstance(counts, bytes) else counts,
    }
