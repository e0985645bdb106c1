"""One row of COCO's ``annotations``, or of a results file."""

from typing import Any

from pycocotools import mask as coco_mask

from .notes import Notes
from .rows import CocoAnnotation, CocoImage
from .run_lengths import RunLength
from .segmentation import read_segmentation
from .values import flag, number, shown, whole_number

FRAGMENTS = 'polygons of less than three points left out'
EMPTY = 'annotations without a mask and a box left out'
BOXES = 'broken boxes replaced by the bounds of the mask'

#: Longer sides, and places farther off, are no boxes of images.
_MAX_SIDE = 1e7
_READ = {
    'image_id',
    'bbox',
    'area',
    'segmentation',
    'iscrowd',
    'category_id',
    'score',
}


def read_annotation(
    row: dict[str, Any], image: CocoImage, place: str, notes: Notes
) -> CocoAnnotation | None:
    """Read one annotation, and bring its values to one form.

    Args:
        row (dict): The row.
        image (CocoImage): Its image.
        place (str): How messages call it.
        notes (Notes): Takes what was mended or left out.

    Returns:
        CocoAnnotation | None: The annotation; None if there is nothing in it:
        no mask with a pixel in the image, and no box with an area.

    Raises:
        ValueError: If a value cannot be what it should be. The message does
            not name the annotation.
    """
    mask = read_segmentation(
        row.get('segmentation'), image.height, image.width
    )
    notes.add(FRAGMENTS, place, mask.fragments)
    box = _box_or_none(row.get('bbox'), mask.code, place, notes)
    is_crowd = flag(row.get('iscrowd'), '`iscrowd`')
    category = _category(row.get('category_id'))
    score = row.get('score')
    if 'score' in row:
        score = number(score, '`score`')
    if mask.code is None and box is None:
        notes.add(EMPTY, place)
        return None
    if box is None:
        box = [float(side) for side in coco_mask.toBbox(mask.code)]
    return CocoAnnotation(
        place=place,
        image_id=image.id,
        bbox=box,
        area=_area(row.get('area'), box, mask.code),
        segmentation=mask.code,
        is_crowd=is_crowd,
        category_id=category,
        score=score,
        extra={key: value for key, value in row.items() if key not in _READ},
    )


def read_box(value: Any) -> list[float] | None:
    """Read a box.

    Args:
        value (Any): x, y, width, height in pixels, or nothing: None or [].

    Returns:
        list[float] | None: The box; None if there is none, or it has no area.

    Raises:
        ValueError: If it is no list of four finite numbers, is out of all
            proportion, or a side is negative.
    """
    if value is None or value == []:
        return None
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        raise ValueError(
            'Expected a `bbox` of four numbers x, y, width, height, but got '
            f'{shown(value)}.'
        )
    box = [number(side, 'a side of a `bbox`') for side in value]
    if min(box[2:]) < 0 or max(map(abs, box)) > _MAX_SIDE:
        raise ValueError(
            'Expected a `bbox` of x, y, width, height in pixels, but got '
            f'{shown(value)}.'
        )
    return box if min(box[2:]) > 0 else None


def _box_or_none(
    value: Any, code: RunLength | None, place: str, notes: Notes
) -> list[float] | None:
    """The box; where there is a mask, a broken one is as good as none."""
    try:
        box = read_box(value)
    except ValueError:
        if code is None:
            raise
        box = None
    if box is None and code is not None and value is not None:
        notes.add(BOXES, place)
    return box


def _area(value: Any, box: list[float], code: RunLength | None) -> float:
    """The stated area; that of the mask or the box where it is none."""
    stated = 0.0 if value is None else number(value, '`area`')
    if stated > 0:
        return stated
    return float(box[2] * box[3] if code is None else coco_mask.area(code))


def _category(value: Any) -> Any:
    try:
        return whole_number(value, '`category_id`')
    except ValueError:
        if value is not None and not isinstance(value, str):
            raise
        return value
