"""Ground truth of a class-agnostic evaluation, from a COCO file or from the
data samples."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from mmdet.structures.mask import BitmapMasks, PolygonMasks
from pycocotools import mask as coco_mask

from mmcuts3d.labels import encode_mask, segmentation_to_rle

from .predictions import check_sizes, to_numpy


def load_ground_truth(path: str | Path) -> tuple[list[dict], list[dict]]:
    """Read a COCO file with any categories.

    Args:
        path (str | Path): The file.

    Returns:
        tuple[list[dict], list[dict]]: Images (``id``, ``file_name``,
        ``height``, ``width``) and annotations as :func:`annotation` makes
        them; crowds stay crowds.

    Raises:
        ValueError: If the file is missing or is no COCO file.
    """
    try:
        content = json.loads(Path(path).read_text(encoding='utf-8'))
        images = {image['id']: image for image in content['images']}
        annotations = []
        for row in content['annotations']:
            image = images[row['image_id']]
            annotations.append(
                annotation(
                    image['id'],
                    (image['height'], image['width']),
                    row.get('bbox'),
                    row.get('segmentation') or None,
                    bool(row.get('iscrowd', 0)),
                    row.get('area'),
                    # Class-agnostic files keep the class under this name.
                    row.get('original_category_id', row.get('category_id')),
                )
            )
    except FileNotFoundError as error:
        raise ValueError(
            f'Expected argument `ann_file` to be a COCO file, but got {path}, '
            'where there is none. docs/datasets.md says how evaluation files '
            'are made.'
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f'Expected argument `ann_file` to be a COCO file, but got {path}: '
            f'{error!r}.'
        ) from error
    return list(images.values()), annotations


def sample_ground_truth(data_sample: dict) -> list[dict]:
    """Take the ground truth out of a data sample.

    Args:
        data_sample (dict): With ``instances`` as mmdet's datasets list them
            (``bbox`` x1, y1, x2, y2, ``bbox_label``, ``mask``,
            ``ignore_flag``), or with ``gt_instances`` and perhaps
            ``ignored_instances`` (``bboxes``, ``labels``, ``masks``) in the
            frame of ``ori_shape``.

    Returns:
        list[dict]: Annotations as :func:`annotation` makes them.

    Raises:
        ValueError: If the sample has neither, or masks are of another size
            than the image.
    """
    image_id, shape = data_sample['img_id'], data_sample['ori_shape']
    if 'instances' in data_sample:
        return [
            annotation(
                image_id,
                shape,
                _to_xywh(row['bbox']),
                row.get('mask') or None,
                bool(row.get('ignore_flag', 0)),
                category=row.get('bbox_label'),
            )
            for row in data_sample['instances']
        ]
    if 'gt_instances' not in data_sample:
        raise ValueError(
            'Expected data samples with `instances` or `gt_instances`, or an '
            f'`ann_file`, but got keys {sorted(data_sample)}.'
        )
    rows = []
    for key in ('gt_instances', 'ignored_instances'):
        instances = data_sample.get(key, {})
        boxes = to_numpy(instances.get('bboxes', np.zeros((0, 4))))
        masks = _run_lengths(instances.get('masks'))
        labels = instances.get('labels')
        for index, box in enumerate(boxes):
            mask = masks[index] if masks is not None else None
            if mask is not None:
                check_sizes([mask], shape, data_sample)
            rows.append(
                annotation(
                    image_id,
                    shape,
                    _to_xywh(box),
                    mask,
                    is_crowd=key == 'ignored_instances',
                    category=None if labels is None else int(labels[index]),
                )
            )
    return rows


def annotation(
    image_id: Any,
    shape: tuple[int, int],
    bbox: list[float] | None,
    segmentation: Any = None,
    is_crowd: bool = False,
    area: float | None = None,
    category: Any = None,
) -> dict:
    """One ground-truth annotation, complete for pycocotools.

    Args:
        image_id (Any): Id of its image.
        shape (tuple[int, int]): Height and width of the image.
        bbox (list[float], optional): x, y, width, height; None: the bounds
            of the mask.
        segmentation (Any, optional): Run-length code or polygons. Defaults
            to None.
        is_crowd (bool): Whether it stands for many. Defaults to False.
        area (float, optional): Area in pixels. Defaults to None: that of the
            mask, else of the box.
        category (Any, optional): Its class, which only recall by number of
            same-class instances looks at. Defaults to None: unknown.

    Returns:
        dict: ``image_id``, ``bbox``, ``area``, ``iscrowd`` and, if there is
        a mask, ``segmentation`` as a run-length code; if there is a class,
        ``category_id``.

    Raises:
        ValueError: If there is neither box nor mask, or the mask is of
            another size than the image.
    """
    row = {'image_id': image_id, 'iscrowd': int(is_crowd)}
    if category is not None:
        row['category_id'] = category
    if segmentation is not None:
        rle = segmentation_to_rle(segmentation, shape[0], shape[1])
        row['segmentation'] = rle
        if bbox is None:
            bbox = coco_mask.toBbox(rle).tolist()
        if area is None:
            area = float(coco_mask.area(rle))
    if bbox is None:
        raise ValueError(
            'Expected every annotation to have a `bbox` or a '
            f'`segmentation`, but got neither in image {image_id}.'
        )
    row['bbox'] = [float(side) for side in bbox]
    row['area'] = float(bbox[2] * bbox[3] if area is None else area)
    return row


def _to_xywh(box: Any) -> list[float]:
    x1, y1, x2, y2 = (float(side) for side in box)
    return [x1, y1, x2 - x1, y2 - y1]


def _run_lengths(masks: Any) -> list[dict[str, Any]] | None:
    if masks is None:
        return None
    if isinstance(masks, (BitmapMasks, PolygonMasks)):
        masks = masks.to_ndarray()
    return [encode_mask(mask) for mask in to_numpy(masks)]
