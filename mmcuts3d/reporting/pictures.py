"""Pictures of chosen images: the image, ground truth, and each run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.files import shown
from mmcuts3d.visualization import save_image
from mmcuts3d.visualization.drawing import draw_confidence

from .choosing import KINDS
from .measuring import ImageMetrics, LabelEvaluation
from .page.gallery import GalleryImage
from .page.texts import counted
from .panels import draw_abreast, draw_panel
from .views import (
    arrays_of,
    as_jpeg,
    confidence_of,
    fitted,
    read_in_frame,
)

#: Masks with less IoU with any instance get a colour of their own.
_MATCH = 0.1


@dataclass
class Pictures:
    """What was drawn.

    Args:
        kinds (dict[str, list[GalleryImage]]): Kind, see
            :func:`~.choosing.choose_images`, to pictures.
        failed (dict[str, str]): Name of an image to why it is not among
            them.
    """

    kinds: dict[str, list[GalleryImage]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def draw_images(
    evaluation: LabelEvaluation,
    ground_truth: Sequence[dict],
    chosen: Mapping[str, Sequence[ImageMetrics]],
    image_dir: str | Path,
    out_dir: str | Path,
    most: int = 20,
) -> Pictures:
    """Draw chosen images and write them as JPEG files.

    A mask has the colour of the instance that it meets best; a mask that
    meets none, or one that another mask meets better, has a colour of its
    own. An image that cannot be read, or is of another size than the ground
    truth says, costs its own picture and no other.

    Args:
        evaluation (LabelEvaluation): What was measured.
        ground_truth (Sequence[dict]): Annotations.
        chosen (Mapping): Kind to images, see :func:`choose_images`.
        image_dir (str | Path): Folder of the images.
        out_dir (str | Path): Folder of the pictures.
        most (int): Predictions to draw, those of the highest score. Defaults
            to 20.

    Returns:
        Pictures: The same kinds, to pictures, and what failed.
    """
    for kind in KINDS:  # those of an earlier call
        for path in Path(out_dir).glob(f'{kind}_[0-9][0-9]_*.jpg'):
            path.unlink()
    pictures = Pictures()
    for kind, images in chosen.items():
        pictures.kinds[kind] = []
        for number, metrics in enumerate(images, start=1):
            name = metrics.image['file_name']
            path = Path(out_dir) / f'{kind}_{number:02d}_{_stem(name)}.jpg'
            try:
                panels, maps = _draw(
                    evaluation, ground_truth, metrics, image_dir, most
                )
                save_image(draw_abreast(panels), path)
                views = [
                    (name, as_jpeg(picture))
                    for name, picture in [panels[0], *maps, *panels[1:]]
                ]
            # Whatever it is, it must not cost the other pictures.
            except Exception as error:
                pictures.failed[name] = f'{type(error).__name__}: {error}'
                continue
            size = fitted(panels[0][1].shape[:2])
            words = _words(evaluation, metrics)
            pictures.kinds[kind].append(GalleryImage(*words, views, size))
    return pictures


def check_images(images: Sequence[dict], image_dir: str | Path) -> None:
    """Check that there is a file for each image, before the long work.

    Args:
        images (Sequence[dict]): Of the ground truth.
        image_dir (str | Path): Folder of the images.

    Raises:
        ValueError: If one is missing.
    """
    for image in images:
        path = Path(image_dir) / image['file_name']
        if not path.is_file():
            raise ValueError(
                f'Expected an image at {shown(path)}, as the ground truth '
                'names it, but got none.'
            )


def _stem(name: str) -> str:
    """Of a file name that any file system takes."""
    return re.sub(r'[^\w.-]+', '_', Path(name).stem, flags=re.ASCII)[:100]


def _draw(
    evaluation: LabelEvaluation,
    ground_truth: Sequence[dict],
    metrics: ImageMetrics,
    image_dir: str | Path,
    most: int,
) -> tuple[list[tuple[str, np.ndarray]], list[tuple[str, np.ndarray]]]:
    """The panels of a sheet, and the confidence of runs that have some."""
    size = (metrics.image['height'], metrics.image['width'])
    path = Path(image_dir) / metrics.image['file_name']
    image = read_in_frame(path, size)
    image_id = metrics.image['id']
    with_masks = 'segm' in evaluation.iou_types
    truth = [row for row in ground_truth if row['image_id'] == image_id]
    truth.sort(key=lambda row: row.get('iscrowd', 0))
    name = 'true masks' if with_masks else 'true boxes'
    panels = [
        ('image', image),
        (name, draw_panel(image, **arrays_of(truth, with_masks))),
    ]
    maps = []
    for run in evaluation.runs:
        rows = [row for row in run.predictions if row['image_id'] == image_id]
        rows.sort(key=lambda row: -row['score'])
        colors = _colors(rows[:most], truth, with_masks)
        arrays = arrays_of(rows[:most], with_masks)
        scores = np.array([row['score'] for row in rows[:most]])
        panel = draw_panel(image, **arrays, scores=scores, colors=colors)
        title = shown(run.name)
        if len(rows) > most:
            title += f' ({most} of {len(rows)})'
        panels.append((title, panel))
        confidence = confidence_of(rows[:most], size) if with_masks else None
        if confidence is not None:
            name = f'confidence of {shown(run.name)}'
            maps.append((name, draw_confidence(confidence)))
    return panels, maps


def _colors(
    rows: Sequence[dict], truth: Sequence[dict], with_masks: bool
) -> list[int]:
    """Numbers of colours: an instance's for the one that meets it best."""
    key = 'segmentation' if with_masks else 'bbox'
    free = iter(range(len(truth), len(truth) + len(rows)))
    colors = dict.fromkeys(range(len(rows)), -1)
    if rows and truth:
        regions = [[row[key] for row in some] for some in (rows, truth)]
        overlap = np.array(coco_mask.iou(*regions, [0] * len(truth)))
        while overlap.max() >= _MATCH:
            place, instance = np.unravel_index(overlap.argmax(), overlap.shape)
            colors[int(place)] = int(instance)
            overlap[place] = overlap[:, instance] = 0
    return [next(free) if color < 0 else color for color in colors.values()]


def _words(
    evaluation: LabelEvaluation, metrics: ImageMetrics
) -> tuple[str, str]:
    """Title and caption."""
    parts = [counted(metrics.num_instances, 'instance')]
    thing = 'mask' if 'segm' in evaluation.iou_types else 'box'
    for run in evaluation.runs:
        number = counted(metrics.num_predictions[run.name], thing)
        best = metrics.best_iou[run.name]
        parts.append(f'{shown(run.name)}: best IoU {best:.1f} %, {number}')
    return shown(metrics.image['file_name']), ' · '.join(parts)
