"""The door for COCO files of other people: read, checked and brought to one
form, once, for evaluation, training, conversion and reports alike."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmcuts3d.files.json_files import read_json

from .annotations import BOXES, FRAGMENTS, read_annotation
from .ids import ImageIds
from .images import (
    check_keys,
    read_images,
    sizes_from_files,
    sizes_from_masks,
)
from .names import match_files
from .notes import Notes
from .rows import CocoAnnotation, CocoImage
from .segmentation import box_code
from .values import number, shown

WITHOUT_PIXELS = 'masks without a pixel counted as false predictions'


@dataclass
class CocoFile:
    """What a COCO file holds.

    Attributes:
        images (list[CocoImage]): In the order of the file.
        annotations (list[CocoAnnotation]): In the order of the file, without
            those that hold nothing.
        ids (ImageIds): What finds the image that an ``image_id`` means.
        notes (Notes): What was mended or left out.
        others (dict): All other keys of the file, as they stand there.
    """

    images: list[CocoImage]
    annotations: list[CocoAnnotation]
    ids: ImageIds
    notes: Notes
    others: dict[str, Any] = field(default_factory=dict)


def read_coco(
    path: str | Path,
    image_dir: str | Path | None = None,
    *,
    annotations: bool = True,
    need_names: bool = True,
    need_sizes: bool = True,
) -> CocoFile:
    """Read a COCO file of other people.

    What has one meaning is brought to one form: numbers and flags written as
    text, areas and boxes that are missing, ids that are names. Polygons that
    enclose nothing and annotations that hold nothing are left out. One
    warning counts all of it, with examples. The rest is refused.

    Args:
        path (str | Path): The file.
        image_dir (str | Path, optional): The image folder. Names are matched
            to its files, and sizes that are missing or exchanged are taken
            from them, if they are needed. Defaults to None: names stay as
            they are.
        annotations (bool): Whether to read the annotations. Defaults to True.
        need_names (bool): Whether each image must have a ``file_name``.
            Defaults to True.
        need_sizes (bool): Whether each image must have a size. Defaults to
            True.

    Returns:
        CocoFile: Its rows.

    Raises:
        ValueError: If the file is missing, no regular file or no JSON, or a
            row cannot be what it should be; names the file and the row.
    """
    content = read_json(path, 'a COCO file')
    try:
        found = parse_coco(
            content,
            image_dir,
            annotations=annotations,
            need_names=need_names,
            need_sizes=need_sizes,
        )
    except ValueError as error:
        raise ValueError(
            f'Expected {path} to be a COCO file that can be used. {error}'
        ) from error
    found.notes.warn(str(path))
    return found


def parse_coco(
    content: Any,
    image_dir: str | Path | None = None,
    *,
    annotations: bool = True,
    need_names: bool = True,
    need_sizes: bool = True,
    images_once: bool = False,
) -> CocoFile:
    """Check what a COCO file holds; see :func:`read_coco`.

    Args:
        content (Any): What the file holds.
        image_dir (str | Path, optional): See :func:`read_coco`.
        annotations (bool): See there.
        need_names (bool): See there.
        need_sizes (bool): See there.
        images_once (bool): Whether an image that is listed twice in equal
            rows is refused. Defaults to False.

    Returns:
        CocoFile: Its rows; nobody has been warned yet.

    Raises:
        ValueError: If a row cannot be what it should be; names the row.
    """
    keys = ('images', 'annotations') if annotations else ('images',)
    for key in keys:
        rows = content.get(key) if isinstance(content, dict) else content
        kind = type(rows).__name__
        if not isinstance(content, dict) or kind != 'list':
            raise ValueError(
                f'Expected a COCO dict with a list `{key}`, but got {kind}.'
            )
    notes = Notes()
    images, ids = read_images(
        content['images'], notes, need_names, images_once
    )
    if image_dir is not None:
        match_files(images, image_dir, notes)
        if need_sizes:
            sizes_from_files(images, image_dir, notes)
    rows = content['annotations'] if annotations else []
    if need_sizes:
        _complete_sizes(images, rows, ids, notes)
    return CocoFile(
        images,
        _read_rows(rows, images, ids, notes, 'annotations'),
        ids,
        notes,
        {
            key: content[key]
            for key in content
            if key not in ('images', 'annotations')
        },
    )


def parse_results(
    rows: Sequence[Any], images: Sequence[Mapping[str, Any]]
) -> tuple[list[CocoAnnotation], Notes]:
    """Check predictions in COCO's format for results.

    Args:
        rows (Sequence): What the file holds: a list of ``image_id``,
            ``score`` and ``bbox`` or ``segmentation``.
        images (Sequence[Mapping]): Of the ground truth, see
            :meth:`.CocoImage.to_dict`.

    Returns:
        tuple[list[CocoAnnotation], Notes]: The predictions, and what was
        mended; nobody has been warned yet.

    Raises:
        ValueError: If a row cannot be what it should be; names the row.
    """
    notes = Notes()
    known = [
        CocoImage(
            row['id'],
            row['file_name'],
            row['height'],
            row['width'],
            row.get('original_id', row['id']),
        )
        for row in images
    ]
    ids = ImageIds.of_rows(images)
    return _read_rows(rows, known, ids, notes, 'results'), notes


def _read_rows(
    rows: Sequence[Any],
    images: Sequence[CocoImage],
    ids: ImageIds,
    notes: Notes,
    kind: str,
) -> list[CocoAnnotation]:
    of_id = {image.id: image for image in images}
    needed = ['image_id', 'score'] if kind == 'results' else ['image_id']
    found = []
    for index, row in enumerate(rows):
        place = _place(row, index, kind)
        image = None
        try:
            check_keys(row, needed, kind.removesuffix('s'))
            image_id = ids.find(row['image_id'], kind == 'annotations')
            if image_id is None:
                raise ValueError(
                    'Expected it to belong to an image of the '
                    f'{"file" if kind == "annotations" else "ground truth"}, '
                    f'but got image id {shown(row["image_id"])}.'
                )
            image = of_id[image_id]
            read = read_annotation if kind == 'annotations' else _prediction
            annotation = read(row, image, place, notes)
        except ValueError as error:
            place = _place(row, index, kind, _repeated(rows, row))
            if image is not None and image.file_name:
                place += f' of {shown(image.file_name)}'
            raise ValueError(f'{place}: {error}') from error
        if annotation is not None:
            found.append(annotation)
    return found


def _prediction(
    row: dict[str, Any], image: CocoImage, place: str, notes: Notes
) -> CocoAnnotation:
    """A row of results; without a pixel it is a false one, and stays."""
    if row.get('bbox') is None and row.get('segmentation') is None:
        raise ValueError(
            'Expected a `bbox` of four numbers or a `segmentation`, but got '
            'neither.'
        )
    own = Notes()
    found = read_annotation(row, image, place, own)
    nothing = [0.0, 0.0, 0.0, 0.0]
    if found is None:
        score = number(row['score'], '`score`')
        found = CocoAnnotation(place, image.id, nothing, 0.0, score=score)
    if found.segmentation is None and row.get('segmentation') is not None:
        found.segmentation = box_code(nothing, image.height, image.width)
        own.add(WITHOUT_PIXELS, place)
    notes.update(own, (FRAGMENTS, BOXES, WITHOUT_PIXELS))
    return found


def _place(row: Any, index: int, kind: str, repeated: bool = False) -> str:
    """How messages call a row: by its id, or by its number."""
    own_id = row.get('id') if isinstance(row, dict) else None
    if kind == 'results' or own_id is None:
        return f'{kind}[{index}]'
    if repeated:
        return f'annotation {shown(own_id)} ({kind}[{index}])'
    return f'annotation {shown(own_id)}'


def _repeated(rows: Sequence[Any], row: Any) -> bool:
    """Whether other rows have the id of a row."""
    ids = Counter(
        shown(other['id'])
        for other in rows
        if isinstance(other, dict) and 'id' in other
    )
    return isinstance(row, dict) and ids[shown(row.get('id'))] > 1


def _complete_sizes(
    images: Sequence[CocoImage],
    rows: Sequence[Any],
    ids: ImageIds,
    notes: Notes,
) -> None:
    unknown = {
        image.id: image
        for image in images
        if min(image.height, image.width) < 1
    }
    if unknown:
        pairs = (
            (ids.find(row.get('image_id')), row.get('segmentation'))
            for row in rows
            if isinstance(row, dict)
        )
        sizes_from_masks(
            unknown, ((i, code) for i, code in pairs if i is not None), notes
        )
