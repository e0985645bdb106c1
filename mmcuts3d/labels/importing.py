"""Pseudo-labels of other methods in COCO's form, brought to this one.

Label files of MaskCut (CutLER) and CuVLER have one category with another
name, and heights and widths that are exchanged: the run-length codes are
right. Scores are kept where there are some.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmcuts3d.files.json_files import read_json

from .coco import CocoAnnotation, CocoFile, Notes, is_plain, parse_coco, shown
from .coco.ids import ImageIds
from .records import ImageRecord, build_labels, instance_to_annotation

DESCRIPTION = 'imported pseudo-labels'
EXCHANGED = 'images whose width and height were exchanged, as their masks say'
ASSUMED = 'images without masks whose width and height were exchanged too'
UNSCORED = 'masks without a score given the default'
CROWDS = (
    'masks marked as crowds (iscrowd) kept so; if CVAT or datumaro wrote the '
    'file they are instances: say that it is of format cvat_coco'
)

Size = tuple[int, int]


def import_labels(
    path: str | Path,
    image_dir: str | Path | None = None,
    default_score: float = 1.0,
    merge_categories: bool = False,
) -> tuple[dict[str, Any], Notes]:
    """Read pseudo-labels of another method as a COCO dict.

    Args:
        path (str | Path): See :func:`import_records`, as the others.
        image_dir (str | Path, optional): The image folder.
        default_score (float): Of masks without a score.
        merge_categories (bool): Whether several categories become one.

    Returns:
        tuple[dict, Notes]: Labels as :func:`.read_labels` takes them, and
        what was mended.

    Raises:
        ValueError: See :func:`import_records`.
    """
    records, notes = import_records(
        path, image_dir, default_score, merge_categories
    )
    return build_labels(records, {'description': DESCRIPTION}), notes


def import_records(
    path: str | Path,
    image_dir: str | Path | None = None,
    default_score: float = 1.0,
    merge_categories: bool = False,
    crowds_are_masks: bool = False,
) -> tuple[list[ImageRecord], Notes]:
    """Read pseudo-labels of another method.

    Args:
        path (str | Path): A COCO file with masks, of one category whatever
            its name and id.
        image_dir (str | Path, optional): The image folder. Names are matched
            to its files, and where masks and stated size differ the files
            decide. Defaults to None: a difference other than that height and
            width are exchanged is refused.
        default_score (float): Of masks without a score, in [0, 1]. Defaults
            to 1.0.
        merge_categories (bool): Whether several categories become one.
            Defaults to False.
        crowds_are_masks (bool): Whether the file is of CVAT or datumaro,
            which mark every run-length code as a crowd, and keep a score
            among the ``attributes``. Defaults to False.

    Returns:
        tuple[list[ImageRecord], Notes]: The records by id, and what was
        mended.

    Raises:
        ValueError: If the file is no COCO file, a value cannot be what it
            should be, there are several categories, an annotation has no
            mask, or a score leaves [0, 1]; names the file and the row.
    """
    content = read_json(path, 'a label file')
    notes = Notes()
    try:
        _check_category(content, merge_categories)
        if crowds_are_masks:
            content = _of_cvat(content)
        mended = _with_true_sizes(content, image_dir is not None, notes)
        found = parse_coco(mended, image_dir)
        records = _records(found, default_score, notes)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    notes.update(found.notes, list(found.notes.counts))
    return [records[number] for number in sorted(records)], notes


def _check_category(content: Any, merge: bool) -> None:
    """One category, or several that are wanted as one."""
    categories = content.get('categories') if isinstance(content, dict) else 0
    if not isinstance(categories, list) or merge:
        return  # those of the annotations are not looked at
    names = [c.get('name') if isinstance(c, dict) else c for c in categories]
    if len(names) > 1:
        raise ValueError(
            f'Expected one category, but got {shown(names)}: pseudo-labels '
            'have none. Say that all of them become one (--merge-categories).'
        )


def _with_true_sizes(content: Any, has_files: bool, notes: Notes) -> Any:
    """The file's content with sizes that fit the run-length codes."""
    if not isinstance(content, dict):
        return content
    images, rows = content.get('images'), content.get('annotations')
    if not isinstance(images, list) or not isinstance(rows, list):
        return content
    if not all(isinstance(row, dict) and 'id' in row for row in images):
        return content
    ids = ImageIds([row['id'] for row in images])
    sizes = _code_sizes(rows, ids)
    mended: list[dict[str, Any]] = []
    without: list[int] = []
    kept = 0
    for row, number in zip(images, ids.numbers, strict=True):
        stated = (row.get('height'), row.get('width'))
        coded = sizes.get(number, set())
        place = shown(row.get('file_name', row['id']))
        if not coded and stated[0] != stated[1]:
            without.append(len(mended))
        elif coded == {stated[::-1]} and stated[0] != stated[1]:
            row = {**row, 'height': stated[1], 'width': stated[0]}
            notes.add(EXCHANGED, place)
        elif coded <= {stated}:
            kept += stated[0] != stated[1]
        elif has_files:
            # To be measured; masks of another size are refused by name then.
            row = {**row, 'height': None, 'width': None}
        elif None not in stated:
            raise ValueError(
                f'Expected the masks of image {place} to be of its size '
                f'{stated[0]} x {stated[1]}, but got '
                f'{" and ".join(f"{h} x {w}" for h, w in sorted(coded))}: '
                'give the image folder, so that the files decide.'
            )
        mended.append(row)
    if EXCHANGED in notes.counts and not kept:
        # All that can be told are exchanged: so are those that cannot.
        for index in without:
            row = mended[index]
            sides = {'height': row.get('width'), 'width': row.get('height')}
            mended[index] = {**row, **sides}
            notes.add(ASSUMED, shown(row.get('file_name', row['id'])))
    return {**content, 'images': mended}


def _code_sizes(rows: Sequence[Any], ids: ImageIds) -> dict[int, set[Size]]:
    """Sizes of the run-length codes of each image."""
    sizes: dict[int, set[Size]] = defaultdict(set)
    for row in rows:
        code = row.get('segmentation') if isinstance(row, dict) else None
        size = code.get('size') if isinstance(code, dict) else None
        number = ids.find(row.get('image_id')) if size is not None else None
        if number is None or not isinstance(size, list) or len(size) != 2:
            continue
        height, width = size
        if isinstance(height, int) and isinstance(width, int):
            sizes[number].add((height, width))
    return sizes


def _records(
    found: CocoFile, default_score: float, notes: Notes
) -> dict[int, ImageRecord]:
    records = {}
    for image in found.images:
        if not is_plain(image.file_name):
            raise ValueError(
                f'Expected the `file_name` of image {shown(image.original_id)}'
                ' to be a path relative to the image folder, but got '
                f'{shown(image.file_name)}.'
            )
        records[image.id] = ImageRecord(
            image.file_name, image.height, image.width, image.id
        )
    for annotation in found.annotations:
        try:
            row = _row(annotation, default_score)
        except ValueError as error:
            raise ValueError(f'{annotation.place}: {error}') from error
        if annotation.score is None:
            notes.add(UNSCORED, annotation.place)
        if annotation.is_crowd:
            notes.add(CROWDS, annotation.place)
        records[annotation.image_id].annotations.append(row)
    return records


def _row(annotation: CocoAnnotation, default_score: float) -> dict[str, Any]:
    if annotation.segmentation is None:
        raise ValueError(
            'Expected a `segmentation` with a pixel in the image, but got '
            'only a `bbox`.'
        )
    score = annotation.score
    if score is None:
        score = default_score
    row = instance_to_annotation(annotation.segmentation, score)
    row['iscrowd'] = int(annotation.is_crowd)
    return row


def _of_cvat(content: Any) -> Any:
    """The content with crowds as instances, and scores where COCO has them.

    CVAT and datumaro write polygons as instances and masks as crowds.
    """
    if not isinstance(content, dict):
        return content
    rows = content.get('annotations')
    if not isinstance(rows, list):
        return content
    mended = []
    for row in rows:
        if isinstance(row, dict):
            attributes = row.get('attributes')
            own = attributes if isinstance(attributes, dict) else {}
            score = row.get('score', own.get('score'))
            row = {**row, 'iscrowd': 0}
            if score is not None:
                row['score'] = score
        mended.append(row)
    return {**content, 'annotations': mended}
