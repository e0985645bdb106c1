"""Pictures of chosen images: photograph, ground truth, and each run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.visualization import save_image

from .choosing import KINDS
from .measuring import ImageFigures, LabelEvaluation
from .report import ReportPicture
from .report_pictures import draw_abreast, draw_panel

#: Masks with less IoU with any instance get a colour of their own.
_MATCH = 0.1


def draw_images(
    evaluation: LabelEvaluation,
    ground_truth: Sequence[dict],
    chosen: Mapping[str, Sequence[ImageFigures]],
    image_dir: str | Path,
    out_dir: str | Path,
    most: int = 20,
) -> dict[str, list[ReportPicture]]:
    """Draw chosen images and write them as JPEG files.

    A mask has the colour of the instance that it meets best; a mask that
    meets none, or one that another mask meets better, has a colour of its
    own.

    Args:
        evaluation (LabelEvaluation): What was measured.
        ground_truth (Sequence[dict]): Annotations.
        chosen (Mapping): Kind to images, see :func:`choose_images`.
        image_dir (str | Path): Folder of the photographs.
        out_dir (str | Path): Folder of the pictures.
        most (int): Predictions to draw, those of the highest score. Defaults
            to 20.

    Returns:
        dict[str, list[ReportPicture]]: The same kinds, to pictures.

    Raises:
        ValueError: If a photograph cannot be read, or is of another size
            than the ground truth says.
    """
    for kind in KINDS:  # those of an earlier call
        for path in Path(out_dir).glob(f'{kind}_[0-9][0-9]_*.jpg'):
            path.unlink()
    drawn: dict[str, list[ReportPicture]] = {}
    for kind, images in chosen.items():
        drawn[kind] = []
        for number, figures in enumerate(images, start=1):
            stem = Path(figures.image['file_name']).stem
            path = Path(out_dir) / f'{kind}_{number:02d}_{stem}.jpg'
            sheet = _draw(evaluation, ground_truth, figures, image_dir, most)
            save_image(sheet, path)
            drawn[kind].append(
                ReportPicture(path.read_bytes(), *_words(evaluation, figures))
            )
    return drawn


def check_photographs(images: Sequence[dict], image_dir: str | Path) -> None:
    """Check that there is a file for each image, before the long work.

    Args:
        images (Sequence[dict]): Of the ground truth.
        image_dir (str | Path): Folder of the photographs.

    Raises:
        ValueError: If one is missing.
    """
    for image in images:
        path = Path(image_dir) / image['file_name']
        if not path.is_file():
            raise ValueError(
                f'Expected a photograph at {path}, as the ground truth names '
                'it, but got none.'
            )


def _draw(
    evaluation: LabelEvaluation,
    ground_truth: Sequence[dict],
    figures: ImageFigures,
    image_dir: str | Path,
    most: int,
) -> np.ndarray:
    image = _read(Path(image_dir), figures.image)
    image_id = figures.image['id']
    with_masks = 'segm' in evaluation.iou_types
    truth = [row for row in ground_truth if row['image_id'] == image_id]
    truth.sort(key=lambda row: row.get('iscrowd', 0))
    panels = [
        ('photograph', image),
        ('ground truth', draw_panel(image, **_arrays(truth, with_masks))),
    ]
    for run in evaluation.runs:
        rows = [row for row in run.predictions if row['image_id'] == image_id]
        rows.sort(key=lambda row: -row['score'])
        colors = _colors(rows[:most], truth, with_masks)
        arrays = _arrays(rows[:most], with_masks)
        scores = np.array([row['score'] for row in rows[:most]])
        panel = draw_panel(image, **arrays, scores=scores, colors=colors)
        title = run.name
        if len(rows) > most:
            title += f' ({most} of {len(rows)})'
        panels.append((title, panel))
    return draw_abreast(panels)


def _read(folder: Path, image: dict) -> np.ndarray:
    path = folder / image['file_name']
    size = (image['height'], image['width'])
    # Upright as the labellers see it, or as it is stored, if the ground truth
    # was drawn on that.
    flags = (
        cv2.IMREAD_COLOR,
        cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION,
    )
    for flag in flags:
        pixels = cv2.imread(str(path), flag)
        if pixels is None:
            raise ValueError(f'Expected {path} to be a readable photograph.')
        if pixels.shape[:2] == size:
            return pixels[..., ::-1].copy()
    raise ValueError(
        f'Expected {path} to be of size {size} as in the ground truth, but '
        f'got {pixels.shape[:2]}.'
    )


def _arrays(
    rows: Sequence[dict], with_masks: bool
) -> dict[str, np.ndarray | None]:
    """Masks of rows or, without, boxes (x1, y1, x2, y2)."""
    if with_masks:
        masks = [coco_mask.decode(row['segmentation']) > 0 for row in rows]
        return {'masks': np.array(masks) if masks else None}
    boxes = np.array([row['bbox'] for row in rows], float).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return {'boxes': boxes if len(boxes) else None}


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
    evaluation: LabelEvaluation, figures: ImageFigures
) -> tuple[str, str]:
    """Title and caption."""
    parts = [_count(figures.num_instances, 'instance')]
    thing = 'mask' if 'segm' in evaluation.iou_types else 'box'
    for run in evaluation.runs:
        number = _count(figures.num_predictions[run.name], thing)
        best = figures.best_iou[run.name]
        parts.append(f'{run.name}: best IoU {best:.1f} %, {number}')
    return figures.image['file_name'], ' · '.join(parts)


def _count(number: int, thing: str) -> str:
    if number == 1:
        return f'1 {thing}'
    return f'{number} {thing}{"es" if thing.endswith("x") else "s"}'
