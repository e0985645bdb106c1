"""The pictures of the demo: how images were cut, and all stages abreast."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import DATASETS, MODELS

from mmcuts3d.evaluation import load_ground_truth
from mmcuts3d.files import read_image, shown
from mmcuts3d.labels import masks_by_image, read_labels
from mmcuts3d.visualization import (
    build_point_cloud,
    draw_cut,
    draw_instances,
    render_view,
    save_image,
    save_ply,
)

from .config import image_folder
from .stages import SURE, Stage


def draw_pictures(
    config: Config, stages: Sequence[Stage], folder: Path, number: int
) -> None:
    """Draw some images, spread over the set.

    Writes for each its cut (eigenvector, semantic mask, LocalCut, Spatial
    Confidence, masks), its coloured point cloud as PNG and PLY, and one
    overview with a row per image and a column per stage. A picture that
    fails is named in a warning, and the others are drawn.

    Args:
        config (Config): See :func:`demo_config`.
        stages (Sequence[Stage]): Columns of the overview.
        folder (Path): Where the pictures go.
        number (int): How many images.
    """
    dataset = DATASETS.build(config.demo.images.dataset)
    labeler = MODELS.build(config.demo.cuts3d)
    sources = [(stage.title, _masks_of(stage.labels)) for stage in stages]
    if config.demo.ann_file is not None:
        truth = load_ground_truth(
            config.demo.ann_file, image_folder(config.demo.images.dataset)
        )[1]
        # A box in place of a mask is no mask to draw.
        masks = [row for row in truth if 'box_only' not in row]
        sources.append(('ground truth', masks_by_image(masks)))
    rows = []
    places = np.linspace(0, len(dataset) - 1, min(number, len(dataset)))
    for index in sorted(set(places.round().astype(int).tolist())):
        item = dataset[index]
        sample = item['data_samples']
        if sample.get('error') is not None:
            _warn(sample.img_path, sample.error)
            continue
        try:
            _draw_one(labeler, item, folder)
            image = read_image(sample.img_path)
            rows.append(
                [('image', image)]
                + [
                    (title, _overlay(image, masks.get(sample.img_id, [])))
                    for title, masks in sources
                ]
            )
        except Exception as error:  # whatever it is, the others come
            _warn(sample.img_path, f'{type(error).__name__}: {error}')
    if rows:
        save_image(_overview(rows), folder / 'overview.png')


def _draw_one(labeler, item: dict, folder: Path) -> None:
    """Panels and cloud of one image, as the labeler sees it."""
    sample = item['data_samples']
    # With the sub-folder: two images may have one name.
    below = Path(sample.get('file_name', Path(sample.img_path).name))
    stem = below.with_suffix('').as_posix()
    image = item['inputs'].flip(0).float()
    pixels = image.byte().permute(1, 2, 0).numpy()
    inputs = labeler.gather(image, sample)
    found = labeler.label(pixels, inputs)
    cloud = build_point_cloud(pixels, inputs['depth'], found.masks)
    save_ply(cloud, folder / 'clouds' / f'{stem}.ply')
    picture = render_view(cloud)
    save_image(picture, folder / 'clouds' / f'{stem}.png')
    sheet = draw_cut(
        pixels,
        found.steps,
        found,
        found.steps[0].depth,
        picture,
        stem,
    )
    save_image(sheet, folder / 'cuts' / f'{stem}.png')


def _warn(path: str, reason: str) -> None:
    print_log(
        f'no pictures of {shown(path)}: {shown(reason)}',
        'current',
        logging.WARNING,
    )


def _masks_of(labels: Path) -> dict[int, list[np.ndarray]]:
    rows = read_labels(labels)['annotations']
    return masks_by_image([row for row in rows if row['score'] >= SURE])


def _overlay(image: np.ndarray, masks: list[np.ndarray]) -> np.ndarray:
    return draw_instances(image, np.array(masks)) if masks else image


def _overview(rows: Sequence[Sequence[tuple[str, np.ndarray]]]) -> np.ndarray:
    """A sheet with a row per image; titles stand over the first row."""
    pictures = [row[0][1] for row in rows]
    tallest = max(p.shape[0] / p.shape[1] for p in pictures)
    figure = Figure(
        figsize=(2.4 * len(rows[0]), (2.4 * tallest + 0.1) * len(rows)),
        layout='constrained',
        dpi=120,
    )
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), len(rows[0]), squeeze=False)
    for number, row in enumerate(rows):
        for place, (title, picture) in zip(axes[number], row, strict=True):
            place.imshow(picture)
            place.axis('off')
            if number == 0:
                place.set_title(title, fontsize=8)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
