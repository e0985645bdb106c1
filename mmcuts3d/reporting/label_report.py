"""The page that a labeling run leaves: what its labels look like."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.cuts import CutStep
from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import whole_file
from mmcuts3d.labels import ImageRecord, LabelStatistics, LabelStore

from .page.charts import BarChart
from .page.gallery import GalleryImage
from .page.report import ReportSection, ReportTable, html_report
from .page.texts import counted, number_text
from .scored import ScoredImages, image_table
from .views import (
    cloud_of,
    fitted,
    label_views,
    read_in_frame,
)

PAGE = 'report.html'
#: Failures that are named.
MOST_FAILURES = 100
#: Clouds in a page: about 0.5 MB each.
_CLOUDS = 3


@dataclass(frozen=True)
class CutAgain:
    """How an image of the gallery was cut, once more.

    Args:
        steps (Sequence[CutStep]): None of a method without steps.
        depth (np.ndarray, optional): (H', W') in [0, 1], 0 = nearest.
            Defaults to None.
        same (bool): Whether the masks of the labels were found again.
            Defaults to True.
    """

    steps: Sequence[CutStep] = ()
    depth: np.ndarray | None = None
    same: bool = True


#: Cuts records once more; by file name, without those that failed.
Cutter = Callable[[Sequence[ImageRecord]], Mapping[str, CutAgain]]


def write_label_report(
    store: LabelStore,
    path: Path,
    images: str | Path,
    title: str,
    settings: Mapping[str, str],
    cut: Cutter | None = None,
    number: int = 3,
    before: Sequence[ReportSection] = (),
) -> list[str]:
    """Write the page of a label store.

    Args:
        store (LabelStore): Finished labels.
        path (Path): The page; what stood there is replaced.
        images (str | Path): Folder of the images.
        title (str): Of the page.
        settings (Mapping[str, str]): Shown beside those of the store.
        cut (Cutter, optional): Cuts the images of the gallery once more.
            Defaults to None: pages without eigenvectors and clouds.
        number (int): Images of each kind: best, median, worst. Defaults to
            3; 0 leaves the gallery out.
        before (Sequence[ReportSection]): Sections before all others.
            Defaults to ().

    Returns:
        list[str]: What the page lacks, a sentence each.
    """
    statistics = store.statistics()
    scored = ScoredImages.of(store)
    gallery, missing, steps = _gallery(store, scored, images, cut, number)
    sections = [*before, _statistics(statistics), *gallery]
    sections += image_table(scored, images, missing)
    sections += _failures(store, statistics)
    sections += _rejections(steps)
    sections.append(
        ReportSection('Settings', settings={**settings, **_settings(store)})
    )
    lead = (
        f'{counted(statistics.num_masks, "mask")} in '
        f'{counted(statistics.num_images, "image")}.'
    )
    warnings = list(missing)
    if statistics.num_errors:
        warnings.append(
            f'{counted(statistics.num_errors, "image")} could not be '
            'labeled: see Failures.'
        )
    page = html_report(title, sections, [lead], warnings)
    with whole_file(path) as file:
        file.write(page.encode('utf-8', 'backslashreplace'))
    return missing


def statistics_rows(statistics: LabelStatistics) -> list[tuple[str, str]]:
    """Names and values of what a store holds, for a table.

    Args:
        statistics (LabelStatistics): Its counts.

    Returns:
        list[tuple[str, str]]: Rows.
    """
    images = statistics.num_images
    mean = statistics.num_masks / images if images else math.nan
    return [
        ('images with labels', f'{images:,}'),
        ('images without a mask', f'{statistics.masks_per_image[0]:,}'),
        ('images that failed', f'{statistics.num_errors:,}'),
        ('masks', f'{statistics.num_masks:,}'),
        ('masks in an image, mean', number_text(mean, 2)),
        ('mean score', number_text(statistics.mean_score)),
        (
            'mean area, % of the image',
            number_text(statistics.mean_area_share, 1, 100),
        ),
        (
            'mean confidence inside masks',
            number_text(statistics.mean_confidence),
        ),
    ]


def _statistics(statistics: LabelStatistics) -> ReportSection:
    table = ReportTable(['', 'labels'], statistics_rows(statistics))
    charts = [
        BarChart(one.title, one.unit, one.bins, one.counts)
        for one in statistics.histograms()
    ]
    return ReportSection('Statistics', table=table, charts=charts)


def _gallery(
    store: LabelStore,
    scored: ScoredImages,
    images: str | Path,
    cut: Cutter | None,
    number: int,
) -> tuple[list[ReportSection], list[str], list[CutStep]]:
    chosen = scored.chosen(number) if number > 0 else {}
    records = {
        place: store.record(place)
        for places in chosen.values()
        for place in places
    }
    missing: list[str] = []
    pixels, unread = _read(records, images)
    if unread:
        missing.append(
            f'{counted(len(unread), "image")} of the gallery could not be '
            f'read: {next(iter(unread.values()))}'
        )
    again: Mapping[str, CutAgain] = {}
    if cut is not None and pixels:
        try:
            again = cut([records[place] for place in pixels])
        # Whatever it is, the page is worth having without.
        except Exception as error:
            missing.append(
                'The images of the gallery could not be cut once more: '
                f'{type(error).__name__}: {shown(error)}'
            )
    differ = [name for name, one in again.items() if not one.same]
    if differ:
        missing.append(
            'Cut once more, these images did not give the same masks; their '
            'eigenvectors are those of the new cut: '
            f'{", ".join(shown(name, 80) for name in differ)}'
        )
    sections, clouds = [], _CLOUDS
    for kind, places in chosen.items():
        looks = []
        for place in places:
            if place not in pixels:
                continue
            record = records[place]
            one = again.get(record.file_name, CutAgain())
            has_cloud = one.depth is not None and place == places[0]
            has_cloud = has_cloud and clouds > 0
            looks.append(_look(record, pixels[place], one, has_cloud))
            clouds -= has_cloud
        if looks:
            text = [_ORDER[kind]]
            if again and not sections:
                text.append(
                    'Eigenvectors are not kept with labels: these images '
                    'were cut once more for this page.'
                )
            sections.append(
                ReportSection(f'{kind.title()} images', text, gallery=looks)
            )
    steps = [step for one in again.values() for step in one.steps]
    return sections, missing, steps


_ORDER = {
    'best': 'The highest mean score of their masks first.',
    'median': 'Around the median of the mean scores.',
    'worst': 'The lowest mean score first, of images that have masks.',
}


def _read(
    records: Mapping[int, ImageRecord], images: str | Path
) -> tuple[dict[int, np.ndarray], dict[int, str]]:
    pixels, unread = {}, {}
    for place, record in records.items():
        try:
            size = (record.height, record.width)
            path = Path(images, record.file_name)
            pixels[place] = read_in_frame(path, size)
        except (ValueError, OSError) as error:
            unread[place] = str(error)
    return pixels, unread


def _look(
    record: ImageRecord, image: np.ndarray, again: CutAgain, has_cloud: bool
) -> GalleryImage:
    rows = record.annotations
    cloud = None
    if has_cloud and again.depth is not None:
        cloud = cloud_of(image, again.depth, rows)
    mean = np.mean([row.get('score', 1.0) for row in rows])
    return GalleryImage(
        record.file_name,
        f'{counted(len(rows), "mask")}, mean score {mean:.2f}',
        label_views(image, rows, again.steps),
        fitted((record.height, record.width)),
        cloud,
    )


def _failures(
    store: LabelStore, statistics: LabelStatistics
) -> list[ReportSection]:
    if not statistics.num_errors:
        return []
    reasons = ReportTable(
        ['reason', 'images'],
        [[text, f'{n:,}'] for text, n in statistics.reasons.most_common(20)],
    )
    rows = []
    for name, message in store.errors():
        if len(rows) == MOST_FAILURES:
            break
        rows.append([name, message])
    text = []
    if statistics.num_errors > len(rows):
        text = [f'The first {len(rows)} of {statistics.num_errors:,}.']
    named = ReportTable(
        ['image', 'what was wrong'], rows, sortable=True, words=True
    )
    return [
        ReportSection('Failures', table=reasons),
        ReportSection('Images that failed', text, named),
    ]


def _rejections(steps: Sequence[CutStep]) -> list[ReportSection]:
    if not steps:
        return []
    counts = Counter(step.status for step in steps)
    table = ReportTable(
        ['what became of a step', 'steps'],
        [[status, f'{number:,}'] for status, number in counts.most_common()],
    )
    text = 'Of the images above, which were cut once more.'
    return [ReportSection('Steps of the cuts', [text], table)]


def _settings(store: LabelStore) -> dict[str, str]:
    """Everything that the labels depend on, in dotted names."""
    provenance: dict[str, Any] = dict(store.info.provenance)
    values = {'store': store.info.backend}
    if store.info.fingerprint:
        values['fingerprint'] = store.info.fingerprint
    settings = provenance.pop('settings', {})
    for part in (provenance, settings):
        values.update(_dotted(part))
    return values


def _dotted(value: Any, name: str = '') -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        return {name: str(value)} if name else {}
    found: dict[str, str] = {}
    for key, inner in value.items():
        found.update(_dotted(inner, f'{name}.{key}' if name else str(key)))
    return found
