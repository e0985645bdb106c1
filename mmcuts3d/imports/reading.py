"""Labels of any other tool as records of a label store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mmcuts3d.files import format_named, image_size, list_images
from mmcuts3d.labels import ImageRecord, LabelStore, instance_to_annotation
from mmcuts3d.labels.coco import (
    CocoImage,
    Notes,
    clean_name,
    is_plain,
    match_files,
    match_names,
    shown,
)
from mmcuts3d.labels.importing import UNSCORED, import_records

from .before import SAME_IOU, keep_unchanged
from .contract import ImportFormat, ReadImage, merged_groups
from .cvat import read_cvat
from .label_studio import read_label_studio
from .labelme import read_labelme
from .voc import read_voc
from .yolo import read_yolo

MAPS, SCORES = 'confidence maps', 'scores'
ABSENT = 'images that are not in the image folder'
FORMATS: dict[str, ImportFormat] = {
    one.name: one
    for one in (
        ImportFormat(
            'coco', 'COCO JSON: CutLER, CuVLER, FiftyOne; our own', (MAPS,)
        ),
        ImportFormat(
            'cvat', 'CVAT for images 1.1: annotations.xml', (MAPS,), read_cvat
        ),
        ImportFormat('cvat_coco', 'COCO JSON of CVAT or datumaro', (MAPS,)),
        ImportFormat(
            'label_studio', 'Label Studio: JSON', (MAPS,), read_label_studio
        ),
        ImportFormat(
            'labelme', 'LabelMe: folder of JSON files', (MAPS,), read_labelme
        ),
        ImportFormat(
            'voc',
            'Pascal VOC: SegmentationObject/*.png',
            (SCORES, MAPS, 'masks that overlap'),
            read_voc,
        ),
        ImportFormat(
            'yolo',
            'YOLO segments: images/ and labels/',
            (SCORES, MAPS, 'gaps between the parts of a mask'),
            read_yolo,
        ),
    )
}
Follow = Callable[[Iterable[ReadImage]], Iterable[ReadImage]]


def find_import_format(name: str) -> ImportFormat:
    """A format by its name.

    Args:
        name (str): Such as 'labelme'.

    Returns:
        ImportFormat: What reads it.

    Raises:
        ValueError: If there is none; names those there are.
    """
    return format_named(FORMATS, name)


def import_labels_of(
    path: str | Path,
    format: str,
    images: str | Path | None = None,
    default_score: float = 1.0,
    merge_categories: bool = False,
    before: LabelStore | None = None,
    same_iou: float = SAME_IOU,
    keep_rest: bool = False,
    follow: Follow = lambda found: found,
) -> tuple[list[ImageRecord], Notes]:
    """Read labels that another tool wrote.

    Args:
        path (str | Path): A file, or the folder that the tool made.
        format (str): Of a tool, see :data:`FORMATS`.
        images (str | Path, optional): The image folder. Names are matched to
            its files, and sizes are compared with theirs. Defaults to None.
        default_score (float): Of masks without a score, in [0, 1]. Defaults
            to 1.0.
        merge_categories (bool): Whether several categories become one.
            Defaults to False.
        before (LabelStore, optional): What was exported: names are matched
            to its images, and masks that nobody changed keep their score
            and confidence. Defaults to None.
        same_iou (float): Least IoU of such a mask, in (0, 1]. Defaults to
            0.95.
        keep_rest (bool): Whether images of ``before`` that did not come back
            are added. Defaults to False.
        follow (Callable): Given the images, gives them back one by one: room
            for a progress bar.

    Returns:
        tuple[list[ImageRecord], Notes]: One record an image, by id; and what
        was put together, left out and kept.

    Raises:
        ValueError: If a file cannot be read or an annotation is not what it
            should be; names both.
    """
    kind = find_import_format(format)
    if kind.read is None:
        records, notes = import_records(
            path,
            images,
            default_score,
            merge_categories,
            crowds_are_masks=format == 'cvat_coco',
        )
    else:
        notes = Notes()
        found = list(follow(_whole(kind.read(Path(path), notes), notes)))
        if not merge_categories:
            _check_label(found)
        _name(found, images, before, notes)
        _measure(found, images, before, notes)
        records = _records(found, default_score, notes)
    if before is not None:
        records = keep_unchanged(records, before, notes, same_iou, keep_rest)
    return records, notes


def _whole(found: Iterator[ReadImage], notes: Notes) -> Iterator[ReadImage]:
    for image in found:
        image.instances = merged_groups(image.instances, notes)
        yield image


def _check_label(found: Sequence[ReadImage]) -> None:
    """One category, whatever its name."""
    first: dict[str, str] = {}
    for image in found:
        for one in image.instances:
            first.setdefault(one.label, one.place)
    if len(first) > 1:
        listed = ', '.join(
            f'{shown(label)} ({place})'
            for label, place in list(first.items())[:3]
        )
        raise ValueError(
            f'Expected one category, but got {len(first)}: {listed}. '
            'Pseudo-labels have none: say that all become one '
            '(--merge-categories), or mend the label there.'
        )


def _name(
    found: Sequence[ReadImage],
    images: str | Path | None,
    before: LabelStore | None,
    notes: Notes,
) -> None:
    """File names become paths in the image folder."""
    rows = [
        CocoImage(n, clean_name(image.file_name, image.place), 0, 0, n)
        for n, image in enumerate(found, 1)
    ]
    known = [] if before is None else list(before.file_names())
    if images is not None:
        known += list_images(images, recursive=True).images
    if known:
        _unflatten(rows, known)
        matched = match_names([row.file_name for row in rows], known)
        for row in rows:
            row.file_name = matched.get(row.file_name, row.file_name)
    if images is not None:
        match_files(rows, images, notes)
    taken: dict[str, str] = {}
    for row, image in zip(rows, found, strict=True):
        name = row.file_name
        if not is_plain(name):
            raise ValueError(
                f'{image.place}: Expected the name of the image to be a path '
                f'in the image folder, but got {shown(name)}: name that '
                'folder (--images).'
            )
        other = taken.setdefault(name, image.place)
        if other != image.place:
            raise ValueError(
                f'Expected one set of labels for image {shown(name)}, but got '
                f'two: {other} and {image.place}.'
            )
        image.file_name = name


def _unflatten(rows: Sequence[CocoImage], known: Iterable[str]) -> None:
    """``a__b.jpg`` of Pascal VOC is ``a/b.jpg`` where there is such a one."""
    flat: dict[str, set[str]] = defaultdict(set)
    for name in known:
        flat[name.replace('/', '__')].add(name)
    for row in rows:
        names = flat.get(row.file_name, set())
        if len(names) == 1:
            row.file_name = next(iter(names))


def _measure(
    found: Sequence[ReadImage],
    images: str | Path | None,
    before: LabelStore | None,
    notes: Notes,
) -> None:
    """Compare sizes with the files, or take them from there."""
    for image in found:
        name, stated = image.file_name, (image.height, image.width)
        file = None if images is None else Path(images, name)
        old = None if before is None else before.find(name)
        if file is not None and file.is_file():
            size = image_size(file)
        elif min(stated) < 1 and before is not None and old is not None:
            record = before.record(old, confidence=False)
            size = record.height, record.width
        else:
            size = stated
        if file is not None and not file.is_file():
            notes.add(ABSENT, shown(name))
        if min(size) < 1:
            raise ValueError(
                f'{image.place}: Expected the size of image {shown(name)}, '
                'but nothing says it: name the folder of the images '
                '(--images).'
            )
        if min(stated) > 0 and size != stated:
            raise ValueError(
                f'{image.place}: Expected labels of the size of the image '
                f'{shown(name)}, {size[0]} x {size[1]}, but got {stated[0]} '
                f'x {stated[1]}.'
            )
        image.height, image.width = size


def _records(
    found: Sequence[ReadImage], default_score: float, notes: Notes
) -> list[ImageRecord]:
    ordered = sorted(found, key=lambda image: image.file_name)
    records = []
    for number, image in enumerate(ordered, 1):
        record = ImageRecord(
            image.file_name, image.height, image.width, number
        )
        for one in image.instances:
            if one.score is None:
                notes.add(UNSCORED, one.place)
            score = default_score if one.score is None else one.score
            row: dict[str, Any] = instance_to_annotation(one.code, score)
            record.annotations.append(row)
        records.append(record)
    return records
