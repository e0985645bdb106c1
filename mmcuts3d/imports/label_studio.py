"""Label Studio's export "JSON": brushes, polygons, boxes and ellipses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from mmcuts3d.exports.rle_pack import unpack
from mmcuts3d.files import shown
from mmcuts3d.files.json_files import read_json
from mmcuts3d.labels.coco import Notes, RunLength, number, whole_number

from .contract import (
    NO_MASKS,
    RECTANGLES,
    ReadImage,
    ReadInstance,
    read_score,
)
from .places import file_or_only
from .shapes import box_corners, ellipse_corners, placed_code, polygon_code

KINDS = ('brushlabels', 'polygonlabels', 'rectanglelabels', 'ellipselabels')
UNSEEN = 'tasks that nobody annotated: their predictions taken'
SEVERAL = 'tasks with several annotations: the last taken'
SKIPPED = 'tasks that were skipped in Label Studio left out'
NO_SIZE = 'tasks without a region, whose size the images must say'
OTHERS = 'results that are no masks (choices, key points) left out'


def read_label_studio(path: Path, notes: Notes) -> Iterator[ReadImage]:
    """Read tasks, each with the annotation that was made last.

    Args:
        path (Path): The JSON file, or the folder of it.
        notes (Notes): Takes what was chosen or left out.

    Yields:
        ReadImage: In the order of the tasks. Height and width are 0 where a
        task has no region: no other place says them.

    Raises:
        ValueError: If it is no such file; names the task and the region.
    """
    path = file_or_only(path, 'tasks.json', '.json')
    tasks = read_json(path, "Label Studio's JSON")
    if not isinstance(tasks, list) or not all(
        isinstance(task, dict)
        and isinstance(task.get('data'), dict)
        and ('annotations' in task or 'predictions' in task)
        for task in tasks
    ):
        raise ValueError(
            f'Expected {shown(path)} to be a list of tasks of Label Studio '
            'with `data` and `annotations`: export it as "JSON", not '
            '"JSON-MIN".'
        )
    for order, task in enumerate(tasks, 1):
        place = f'{shown(path)}: task {shown(task.get("id", order), 20)}'
        chosen = _chosen(task, place, notes)
        if chosen is not None:
            yield _image(task, chosen, place, notes)


def _chosen(
    task: dict[str, Any], place: str, notes: Notes
) -> list[Any] | None:
    """The results of the annotation that counts; None for a skipped task."""
    made = [one for one in task.get('annotations') or [] if one]
    kept = [one for one in made if not one.get('was_cancelled')]
    if made and not kept:
        notes.add(SKIPPED, place)
        return None
    if len(kept) > 1:
        notes.add(SEVERAL, place)
    if kept:
        # Times are of one form, ISO 8601 in UTC: they sort as text.
        last = max(kept, key=lambda one: str(one.get('updated_at') or ''))
        return list(last.get('result') or [])
    predictions = [one for one in task.get('predictions') or [] if one]
    if predictions:
        notes.add(UNSEEN, place)
        return list(predictions[-1].get('result') or [])
    return []


def _image(
    task: dict[str, Any], results: list[Any], place: str, notes: Notes
) -> ReadImage:
    image = ReadImage(place, image_name(task, place), 0, 0)
    found = []
    for order, result in enumerate(results, 1):
        where = f'{place}, result {order}'
        if not isinstance(result, dict) or result.get('type') not in KINDS:
            notes.add(OTHERS, where)
            continue
        kind, value = result['type'], result.get('value') or {}
        try:
            size = _size(result)
            if image.height and size != (image.height, image.width):
                raise ValueError(
                    f'Expected the size of the image to be that of the other '
                    f'regions, {image.height} x {image.width}, but got '
                    f'{size[0]} x {size[1]}.'
                )
            image.height, image.width = size
            code = _code(kind, value, *size)
        except ValueError as error:
            raise ValueError(f'{where}: {error}') from error
        if kind in ('rectanglelabels', 'ellipselabels'):
            notes.add(RECTANGLES, where)
        if kind == 'polygonlabels' and len(value.get('points') or ()) < 3:
            notes.add(NO_MASKS, where)
            continue
        labels = value.get(kind) or ['']
        found.append(
            ReadInstance(
                where,
                code,
                str(labels[0]),
                read_score(result.get('score'), where),
            )
        )
    if not image.height:
        notes.add(NO_SIZE, place)
    image.instances = found
    return image


def image_name(task: dict[str, Any], place: str) -> str:
    """The path in the address of a task's image.

    Args:
        task (dict): The task.
        place (str): How messages call it.

    Returns:
        str: What follows ``?d=`` for local files, the path of the address
        otherwise.

    Raises:
        ValueError: If no value of ``data`` is text.
    """
    data = task['data']
    address = data.get('image') or next(
        (value for value in data.values() if isinstance(value, str)), None
    )
    if not isinstance(address, str) or not address:
        raise ValueError(
            f'{place}: Expected `data` to have the address of an image, but '
            f'got {shown(data, 60)}.'
        )
    parts = urlsplit(address)
    asked = parse_qs(parts.query).get('d')
    return (asked[0] if asked else unquote(parts.path)).lstrip('/')


def _size(result: dict[str, Any]) -> tuple[int, int]:
    if number(result.get('image_rotation') or 0, '`image_rotation`'):
        raise ValueError(
            'Expected an image that was not turned in Label Studio, but got '
            f'`image_rotation` {result["image_rotation"]}: turn it back there.'
        )
    height = whole_number(result.get('original_height'), '`original_height`')
    width = whole_number(result.get('original_width'), '`original_width`')
    if min(height, width) < 1:
        raise ValueError(
            f'Expected a size of the image, but got {height} x {width}.'
        )
    return height, width


def _code(
    kind: str, value: dict[str, Any], height: int, width: int
) -> RunLength:
    if kind == 'brushlabels':
        return _brush(value.get('rle'), height, width)

    def pixels(key: str, side: int) -> float:
        return number(value.get(key), f'`{key}`') * side / 100

    if kind == 'polygonlabels':
        points = value.get('points')
        if not isinstance(points, list) or not all(
            isinstance(one, list) and len(one) == 2 for one in points
        ):
            raise ValueError(
                'Expected `points` to be pairs in percent, but got '
                f'{shown(points, 60)}.'
            )
        corners: Any = [
            (number(x, 'x') * width / 100, number(y, 'y') * height / 100)
            for x, y in points
        ]
    else:
        turn = number(value.get('rotation') or 0, '`rotation`')
        x, y = pixels('x', width), pixels('y', height)
        if kind == 'rectanglelabels':
            right, bottom = pixels('width', width), pixels('height', height)
            # Turned about its first corner.
            corners = box_corners(x, y, x + right, y + bottom, turn, (x, y))
        else:
            radii = pixels('radiusX', width), pixels('radiusY', height)
            corners = ellipse_corners((x, y), radii, turn)
    return polygon_code(corners, height, width)


def _brush(code: Any, height: int, width: int) -> RunLength:
    """Four bytes a pixel, of which the last says whether it is painted."""
    if not isinstance(code, list) or not all(
        type(byte) is int and 0 <= byte <= 255 for byte in code
    ):
        raise ValueError(
            f'Expected `rle` to be a list of bytes, but got {shown(code, 60)}.'
        )
    values = unpack(code, most=4 * height * width)
    if values.size != 4 * height * width:
        raise ValueError(
            f'Expected `rle` to be of {height} x {width} pixels, '
            f'{4 * height * width} bytes, but got {values.size}.'
        )
    painted = values.reshape(height, width, 4)[..., 3] > 0
    return placed_code(painted, 0, 0, height, width)
