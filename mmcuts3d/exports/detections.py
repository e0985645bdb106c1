"""Labels of an image as `supervision` has them in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmcuts3d.labels import CATEGORY_NAME, ImageRecord

from .contract import ExportedImage


def to_detections(
    labels: ImageRecord | ExportedImage,
) -> Any:
    """The masks of an image as ``supervision.Detections``.

    Args:
        labels (ImageRecord | ExportedImage): Of a label store.

    Returns:
        supervision.Detections: ``confidence`` is the score; ``data`` has
        ``class_name`` and, where all masks have a map, ``spatial_confidence``
        (M, H, W), float32 in [0, 1], 0 outside of the mask.

    Raises:
        ValueError: If supervision is not installed.

    Examples:
        >>> from mmcuts3d.exports import to_detections
        >>> from mmcuts3d.labels import open_store
        >>> record = open_store('data/mine/labels.json').record(0)
        >>> detections = to_detections(record)
        >>> len(detections) == len(record.annotations)
        True
    """
    try:
        import supervision
    except ImportError as error:
        raise ValueError(
            'Expected the package `supervision` to be installed: '
            'pip install supervision'
        ) from error
    image = (
        labels
        if isinstance(labels, ExportedImage)
        else ExportedImage.of_record(labels)
    )
    if not image.instances:
        return supervision.Detections.empty()
    data: dict[str, Any] = {
        'class_name': np.array([CATEGORY_NAME] * len(image.instances))
    }
    maps = [one.confidence_map() for one in image.instances]
    known = [one for one in maps if one is not None]
    if len(known) == len(maps):
        data['spatial_confidence'] = np.stack(known)
    return supervision.Detections(
        xyxy=np.array([one.corners for one in image.instances], np.float32),
        mask=np.stack([one.mask for one in image.instances]),
        confidence=np.array(
            [one.score for one in image.instances], np.float32
        ),
        class_id=np.zeros(len(image.instances), int),
        data=data,
    )
