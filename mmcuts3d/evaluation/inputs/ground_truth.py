"""Ground truth of a class-agnostic evaluation, from a COCO file or from the
data samples."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from mmdet.structures.mask import BitmapMasks, PolygonMasks

from mmcuts3d.labels import encode_mask
from mmcuts3d.labels.coco import (
    CocoImage,
    Notes,
    box_code,
    read_annotation,
    read_coco,
)

from .predictions import check_sizes, to_numpy


def load_ground_truth(
    path: str | Path, image_dir: str | Path | None = None
) -> tuple[list[dict], list[dict]]:
    """Read a COCO file with any categories.

    Args:
        path (str | Path): The file; see :func:`mmcuts3d.labels.coco.read_coco`
            for what is mended and what is refused.
        image_dir (str | Path, optional): The image folder, whose files names
            are matched with and sizes taken from. Defaults to None: both
            stay as they are.

    Returns:
        tuple[list[dict], list[dict]]: Images (``id``, ``file_name``,
        ``height``, ``width`` and, where the file has names for ids, the name
        as ``original_id``) and annotations as :func:`annotation` makes them;
        crowds stay crowds. In a file with masks, an annotation with only a
        box is ``box_only``: its mask is not known, so that masks in its box
        are measured neither as right nor as wrong.

    Raises:
        ValueError: If the file is missing or is no COCO file.
    """
    if not os.path.exists(path):
        raise ValueError(
            f'Expected argument `ann_file` to be a COCO file, but got {path}, '
            'where there is none. docs/datasets.md says how evaluation files '
            'are made.'
        )
    found = read_coco(path, image_dir, need_names=image_dir is not None)
    images = [image.to_dict() for image in found.images]
    rows = []
    for annotation in found.annotations:
        row = annotation.to_dict()
        # Class-agnostic files keep the class under this name.
        category = annotation.extra.get('original_category_id')
        if category is not None:
            row['category_id'] = category
        rows.append(row)
    return images, mark_box_only(images, rows, str(path))


def mark_box_only(
    images: list[dict], annotations: list[dict], source: str
) -> list[dict]:
    """Mark annotations without a mask among others that have one.

    Nobody knows their masks. So they stay instances for measures of boxes,
    and for those of masks their boxes are regions where predictions count
    neither as right nor as wrong, as in crowds.

    Args:
        images (list[dict]): ``id``, ``height``, ``width``.
        annotations (list[dict]): As :func:`annotation` makes them.
        source (str): Where they came from, for the warning.

    Returns:
        list[dict]: The same; those without a mask get their box as
        ``segmentation``, and ``box_only``. Where none has a mask, as they
        were.
    """
    lacking = sum('segmentation' not in row for row in annotations)
    if lacking == len(annotations) or not lacking:
        return annotations
    warnings.warn(
        f'{source}: {lacking:,} of {len(annotations):,} annotations have a '
        'box and no mask; masks found there count neither as right nor as '
        'wrong.',
        stacklevel=2,
    )
    sizes = {row['id']: (row['height'], row['width']) for row in images}
    return [
        row
        if 'segmentation' in row
        else {
            **row,
            'segmentation': box_code(row['bbox'], *sizes[row['image_id']]),
            'box_only': True,
        }
        for row in annotations
    ]


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
        a mask with a pixel, ``segmentation`` as a run-length code; if there
        is a class, ``category_id``.

    Raises:
        ValueError: If there is neither box nor mask, or the mask is of
            another size than the image.
    """
    place = f'an instance of image {image_id}'
    known = CocoImage(image_id, '', int(shape[0]), int(shape[1]), image_id)
    row = {'bbox': bbox, 'segmentation': segmentation, 'area': area}
    try:
        found = read_annotation(row, known, place, Notes())
    except ValueError as error:
        raise ValueError(f'Image {image_id}: {error}') from error
    if found is None:
        raise ValueError(
            'Expected every annotation to have a `bbox` or a '
            f'`segmentation`, but got neither in image {image_id}.'
        )
    found.is_crowd = is_crowd
    found.category_id = category
    return found.to_dict()


def _to_xywh(box: Any) -> list[float]:
    x1, y1, x2, y2 = (float(side) for side in box)
    return [x1, y1, x2 - x1, y2 - y1]


def _run_lengths(masks: Any) -> list[dict[str, Any]] | None:
    if masks is None:
        return None
    if isinstance(masks, (BitmapMasks, PolygonMasks)):
        masks = masks.to_ndarray()
    return [encode_mask(mask) for mask in to_numpy(masks)]
