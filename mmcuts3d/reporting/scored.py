"""The images of a store by their scores: which to look at, and a table."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmcuts3d.files import read_image, shown
from mmcuts3d.labels import LabelStore

from .choosing import best_median_worst
from .page.report import ReportSection, ReportTable
from .page.texts import counted, number_text
from .views import THUMBNAIL, as_jpeg

#: Images of the table.
MOST_ROWS = 500


@dataclass(frozen=True)
class ScoredImages:
    """Images of a store by their scores, without reading a mask.

    Args:
        names (list[str]): File names.
        numbers (np.ndarray): (N,), masks of each.
        scores (np.ndarray): (N,), mean score; NaN without masks.
        shares (np.ndarray): (N,), sum of the masks' areas over that of the
            image.
    """

    names: list[str]
    numbers: np.ndarray
    scores: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, store: LabelStore) -> 'ScoredImages':
        """Those of a store, in its order."""
        columns = store.image_columns()
        sums, areas = np.zeros((2, len(store)))
        for part in store.instance_columns():
            np.add.at(sums, part.images, part.scores)
            np.add.at(areas, part.images, part.areas)
        pixels = columns.heights.astype(float) * columns.widths
        with np.errstate(invalid='ignore'):
            scores = sums / np.where(columns.num_masks, columns.num_masks, 0)
        return cls(
            list(store.file_names()), columns.num_masks, scores, areas / pixels
        )

    def chosen(self, number: int) -> dict[str, list[int]]:
        """Places of the best, median and worst, of those with masks."""
        known = np.flatnonzero(np.isfinite(self.scores))
        kinds = best_median_worst(self.scores[known], number)
        return {
            kind: [int(known[place]) for place in places]
            for kind, places in kinds.items()
            if places
        }


def image_table(
    scored: ScoredImages, images: str | Path, missing: list[str]
) -> list[ReportSection]:
    """A table of the images with small pictures, that its heads sort.

    Args:
        scored (ScoredImages): The images.
        images (str | Path): Their folder.
        missing (list[str]): Takes a sentence where pictures are missing.

    Returns:
        list[ReportSection]: One section, none without images.
    """
    number = len(scored.names)
    if not number:
        return []
    places = np.arange(number)
    text = ['Heads sort the rows.']
    if number > MOST_ROWS:
        places = np.linspace(0, number - 1, MOST_ROWS).round().astype(int)
        text = [f'{MOST_ROWS} of {number:,} images, evenly. {text[0]}']
    rows, pictures, unread = [], [], 0
    for place in places:
        name = scored.names[place]
        rows.append(
            [
                name,
                str(scored.numbers[place]),
                number_text(scored.scores[place]),
                number_text(scored.shares[place], 1, 100),
            ]
        )
        pictures.append(_thumbnail(Path(images, name)))
        unread += pictures[-1] is None
    if unread:
        missing.append(
            f'{counted(unread, "image")} could not be read for the small '
            f'pictures: looked for in {shown(images)}'
        )
    heads = ['image', 'masks', 'mean score', 'area of the masks, %']
    table = ReportTable(heads, rows, sortable=True, thumbnails=pictures)
    return [ReportSection('All images', text, table)]


def _thumbnail(path: Path) -> bytes | None:
    try:
        return as_jpeg(read_image(path), THUMBNAIL)
    except (ValueError, OSError):
        return None
