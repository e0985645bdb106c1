"""Stages of the demo side by side: what found masks, how many, how good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmcuts3d.evaluation import (
    evaluate_coco,
    load_ground_truth,
    same_class_recall,
)
from mmcuts3d.files import read_image
from mmcuts3d.labels import masks_by_image, read_labels
from mmcuts3d.visualization import draw_instances, save_image

METRICS = ('AP50', 'AP', 'AR10', 'AR100')
#: From this score on a mask is drawn.
SURE = 0.3
DRAWN = 8  # masks of an image at most, the highest scores


@dataclass(frozen=True)
class Stage:
    """One row of the table: what found masks, and its label file."""

    title: str
    labels: Path


def measure(stage: Stage, ann_file: str | Path) -> dict[str, Any]:
    """One row of the table.

    Args:
        stage (Stage): What to measure.
        ann_file (str or Path): COCO file of the true masks.

    Returns:
        dict: ``stage``; ``masks``, the masks an image; AP and AR of masks,
        class-agnostic; and the recall by the number of instances of one
        class, in percent, -1 where there are none.

    Raises:
        ValueError: If a file is broken.
    """
    images, truth = load_ground_truth(ann_file)
    labels = read_labels(stage.labels)
    found = labels['annotations']
    values = evaluate_coco(images, truth, found, 'segm')
    return {
        'stage': stage.title,
        'masks': len(found) / max(len(labels['images']), 1),
        **{name: values[name] for name in METRICS},
        **same_class_recall(images, truth, found),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a Markdown table; buckets that nobody has are left out."""
    recalls = [
        name
        for name in rows[0]
        if name.startswith('AR_same') and any(row[name] >= 0 for row in rows)
    ]
    columns = ['masks', *METRICS, *recalls]
    titles = [name.replace('AR_same', 'recall, ') for name in columns]
    titles[0] = 'masks an image'
    lines = [
        '| stage | ' + ' | '.join(titles) + ' |',
        '|---' + '|---:' * len(columns) + '|',
    ]
    lines += [
        f'| {row["stage"]} | '
        + ' | '.join(f'{row[name]:.1f}' for name in columns)
        + ' |'
        for row in rows
    ]
    return '\n'.join(lines)


def draw_stages(
    stages: Sequence[Stage],
    ann_file: str | Path,
    image_dir: str | Path,
    path: str | Path,
    number: int = 4,
) -> None:
    """A sheet with a row for each image and a column for each stage.

    Args:
        stages (Sequence[Stage]): The columns between image and truth.
        ann_file (str or Path): COCO file of the true masks.
        image_dir (str or Path): Folder of the images.
        path (str or Path): The PNG to write.
        number (int): Images, spread over the set. Defaults to 4.

    Raises:
        ValueError: If a file cannot be read.
    """
    images, truth = load_ground_truth(ann_file)
    columns = [
        (stage.title, _surest(read_labels(stage.labels)['annotations']))
        for stage in stages
    ]
    columns.append(('truth', masks_by_image(truth)))
    places = np.linspace(0, len(images) - 1, min(number, len(images)))
    chosen = [images[int(place)] for place in places.round()]
    figure = Figure(
        figsize=(2.4 * (len(columns) + 1), 2.4 * len(chosen) + 0.2),
        layout='constrained',
        dpi=110,
    )
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(len(chosen), len(columns) + 1, squeeze=False)
    for row, (line, image) in enumerate(zip(axes, chosen, strict=True)):
        pixels = read_image(Path(image_dir, image['file_name']))
        pictures = [('image', pixels)] + [
            (title, _over(pixels, masks.get(image['id'], [])))
            for title, masks in columns
        ]
        for place, (title, picture) in zip(line, pictures, strict=True):
            place.imshow(picture)
            place.axis('off')
            if row == 0:
                place.set_title(title, fontsize=9)
    canvas.draw()
    save_image(np.asarray(canvas.buffer_rgba())[..., :3].copy(), path)


def _surest(annotations: Sequence[dict]) -> dict[int, list[np.ndarray]]:
    """The highest scores of each image, large ones first."""
    of_image: dict[int, list[dict]] = {}
    for row in annotations:
        if row['score'] >= SURE:
            of_image.setdefault(row['image_id'], []).append(row)
    chosen = [
        row
        for rows in of_image.values()
        for row in sorted(
            sorted(rows, key=lambda row: -row['score'])[:DRAWN],
            key=lambda row: -row['area'],
        )
    ]
    return masks_by_image(chosen)


def _over(image: np.ndarray, masks: list[np.ndarray]) -> np.ndarray:
    return draw_instances(image, np.array(masks)) if masks else image
