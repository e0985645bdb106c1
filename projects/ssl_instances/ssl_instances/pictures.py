"""A sheet of pictures: the clusters of each k and each feature source."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from pycocotools import mask as coco_mask

from mmcuts3d.cuts import resize_nearest
from mmcuts3d.files import shown
from mmcuts3d.labels import segmentation_to_rle
from mmcuts3d.reporting.panels import draw_abreast
from mmcuts3d.visualization import draw_instances, save_image
from mmcuts3d.visualization.drawing import instance_colors

from .analysis import MaskJob, StudyImage, StudyImages
from .backbones import Source

OPACITY = 0.6
_GAP = 14  # pixels between the images of a sheet
_HEADER = 32  # pixels of the name above a row
_MARGIN = 8


def draw_clusters(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The clusters of an image in colours, their borders in white.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        labels (np.ndarray): (h, w) int, from 0.

    Returns:
        np.ndarray: (H, W, 3) uint8 RGB.
    """
    large = resize_nearest(labels, image.shape[:2])
    colours = instance_colors(int(labels.max()) + 1)[large]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    drawn = (1 - OPACITY) * grey + OPACITY * colours
    drawn = drawn.round().astype(np.uint8)
    border = np.zeros(large.shape, bool)
    border[1:] |= large[1:] != large[:-1]
    border[:, 1:] |= large[:, 1:] != large[:, :-1]
    drawn[border] = 255
    return drawn


def choose_images(images: StudyImages, number: int) -> list[StudyImage]:
    """Images for a sheet, spread over those with several of a class.

    Args:
        images (StudyImages): Of a study.
        number (int): Images at most.

    Returns:
        list[StudyImage]: In the order of the study. Without annotations, or
        where fewer have two instances of a class, spread over all.
    """
    several: set = set()
    seen: set[tuple] = set()
    for row in images.truth:
        category = row.get('original_category_id', row.get('category_id'))
        key = (row['image_id'], category)
        if key in seen:
            several.add(row['image_id'])
        seen.add(key)
    known = [image for image in images if image.id in several]
    pool = known if len(known) >= number else list(images)
    if len(pool) <= number:
        return pool
    return [pool[int((i + 0.5) * len(pool) / number)] for i in range(number)]


def draw_sheet(
    job: MaskJob,
    sources: Sequence[Source],
    chosen: Sequence[StudyImage],
    path: str | os.PathLike[str],
    width: int = 240,
) -> tuple[Path, dict[str, str]]:
    """Write a sheet: a row for each source below each other, image by image.

    Args:
        job (MaskJob): What was computed, and of which images.
        sources (Sequence[Source]): Those that ran.
        chosen (Sequence[StudyImage]): Images to draw.
        path (str | PathLike): The picture, PNG or JPEG; its folder is made.
        width (int): Pixels of a panel at most. Defaults to 240.

    Returns:
        tuple[Path, dict[str, str]]: The file, and why images are not on it,
        by file name.

    Raises:
        ValueError: If no image can be drawn.
    """
    rows: dict[str, list[np.ndarray]] = {}
    missing: dict[str, str] = {}
    # One source after the other: each network is built once.
    for source in sources:
        for image in chosen:
            try:
                row = _row(job, source, image, width)
            except ValueError as error:
                missing[f'{image.name}, {source.title}'] = str(error)
            else:
                rows.setdefault(image.name, []).append(row)
    if not rows:
        name, reason = next(iter(missing.items()))
        raise ValueError(
            f'Expected an image that can be drawn, but got {shown(name)}: '
            f'{reason}'
        )
    return save_image(_stacked(rows), path), missing


def _row(
    job: MaskJob, source: Source, image: StudyImage, width: int
) -> np.ndarray:
    """Image or truth, then the clusters of each k."""
    pixels = image.read()
    found = job.clusters(source, image)
    scale = min(width / max(pixels.shape[:2]), 1)
    size = [max(round(side * scale), 1) for side in pixels.shape[1::-1]]
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    truth = _truth(job.images, image, size)
    panels = [('image', small)]
    if truth is not None:
        drawn = draw_instances(small, truth, alpha=0.6)
        panels = [(f'truth: {len(truth)}', drawn)]
    for k, labels in zip(job.ks, found.labels, strict=True):
        panels.append((f'k = {k}', draw_clusters(small, labels)))
    return _headed(draw_abreast(panels, width), source, image)


def _headed(row: np.ndarray, source: Source, image: StudyImage) -> np.ndarray:
    """A row with the whole name of its source above it, and of its image."""
    size = (row.shape[1], _HEADER)
    header = Image.new('RGB', size, 'white')
    pen = ImageDraw.Draw(header)
    path = font_manager.findfont('DejaVu Sans')
    bold = font_manager.findfont('DejaVu Sans:bold')
    font = ImageFont.truetype(bold, 15)
    pen.text((0, 9), source.title, fill=(30, 30, 30), font=font)
    left = pen.textlength(source.title, font) + 20
    font = ImageFont.truetype(path, 13)
    pen.text((left, 11), image.name, fill=(110, 110, 110), font=font)
    return np.concatenate([np.asarray(header), row])


def _truth(
    images: StudyImages, image: StudyImage, size: Sequence[int]
) -> np.ndarray | None:
    """(N, H, W) true masks at a size (width, height), the largest first."""
    if not images.has_truth:
        return None
    (info,) = (row for row in images.rows if row['id'] == image.id)
    rows = [
        row
        for row in images.truth
        if row['image_id'] == image.id and not row.get('iscrowd')
    ]
    rows.sort(key=lambda row: -row.get('area', 0))
    shape = (info['height'], info['width'])
    masks = [
        coco_mask.decode(segmentation_to_rle(row['segmentation'], *shape))
        for row in rows
    ]
    small = [
        cv2.resize(mask, tuple(size), interpolation=cv2.INTER_NEAREST)
        for mask in masks
    ]
    return np.array(small, bool).reshape(-1, size[1], size[0])


def _stacked(rows: Mapping[str, Sequence[np.ndarray]]) -> np.ndarray:
    """All rows below each other, on white, a gap between images."""
    flat = [row for group in rows.values() for row in group]
    wide = max(row.shape[1] for row in flat)
    parts = []
    for group in rows.values():
        for row in group:
            filled = np.full((row.shape[0], wide, 3), 255, np.uint8)
            filled[:, : row.shape[1]] = row
            parts.append(filled)
        parts.append(np.full((_GAP, wide, 3), 255, np.uint8))
    sheet = np.concatenate(parts[:-1])
    around = ((0, _MARGIN), (_MARGIN, _MARGIN), (0, 0))
    return np.pad(sheet, around, constant_values=255)
