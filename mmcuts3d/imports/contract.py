"""What labels of another tool are, once they have been read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from mmcuts3d.labels.coco import Notes, RunLength, number

EMPTY = 'annotations without a pixel in the image left out'
NO_MASKS = 'annotations that enclose nothing (points, lines) left out'
RECTANGLES = 'boxes and ellipses taken as masks of all that is in them'
GROUPED = 'instances put together of the parts of a group'


@dataclass(frozen=True)
class ReadInstance:
    """One annotation of an image.

    Attributes:
        place (str): How messages call it, with its file.
        code (RunLength): Its mask, perhaps without a pixel.
        label (str): Its category; '' where the format has none.
        score (float, optional): In [0, 1]. Defaults to None: the tool has
            none.
        group (Any): Annotations of an image with the same label and group
            are one instance. Defaults to None: it stands alone.
    """

    place: str
    code: RunLength
    label: str = ''
    score: float | None = None
    group: Any = None


@dataclass
class ReadImage:
    """The labels of one image.

    Attributes:
        place (str): How messages call it, with the file of its labels.
        file_name (str): As the tool calls it; it need not be a path in the
            image folder.
        height (int): In pixels.
        width (int): In pixels.
        instances (list[ReadInstance]): Its annotations.
    """

    place: str
    file_name: str
    height: int
    width: int
    instances: list[ReadInstance] = field(default_factory=list)


Read = Callable[[Path, Notes], Iterator[ReadImage]]


@dataclass(frozen=True)
class ImportFormat:
    """A form of labels that can be read.

    Attributes:
        name (str): How commands call it.
        takes (str): What is read, for the help.
        lost (tuple[str, ...]): What the format has no place for.
        read (Callable): Given the path and the notes, yields the images.
            ``None`` for COCO's form, whose reader is that of the labels.
    """

    name: str
    takes: str
    lost: tuple[str, ...]
    read: Read | None = None


def merged_groups(
    instances: Iterable[ReadInstance], notes: Notes
) -> list[ReadInstance]:
    """Instances with the parts of each group put together.

    Args:
        instances (Iterable[ReadInstance]): Of one image.
        notes (Notes): Counts groups, and what has no pixel.

    Returns:
        list[ReadInstance]: In order, a group where its first part was.
    """
    groups: dict[Any, list[ReadInstance]] = {}
    for place, one in enumerate(instances):
        if not coco_mask.area(one.code):
            notes.add(EMPTY, one.place)
            continue
        alone = one.group is None
        key = (place,) if alone else (one.label, str(one.group))
        groups.setdefault(key, []).append(one)
    merged = []
    for parts in groups.values():
        first = parts[0]
        if len(parts) > 1:
            notes.add(GROUPED, first.place)
            scores = [part.score for part in parts if part.score is not None]
            first = replace(
                first,
                code=united([part.code for part in parts]),
                score=max(scores, default=None),
            )
        merged.append(first)
    return merged


def united(codes: list[RunLength]) -> RunLength:
    """All pixels of several masks as one."""
    code = coco_mask.merge(codes)
    return {
        'size': [int(side) for side in code['size']],
        'counts': code['counts'].decode('ascii'),
    }


def read_score(value: Any, place: str) -> float | None:
    """A score of another tool; None where there is none.

    Args:
        value (Any): A number, text of one, or None.
        place (str): Whose it is, for messages.

    Returns:
        float | None: In [0, 1].

    Raises:
        ValueError: If it is something else.
    """
    if value is None or value == '':
        return None
    try:
        score = number(value, 'the score')
        if not 0 <= score <= 1:
            raise ValueError(
                f'Expected the score to be in [0, 1], but got {score}.'
            )
    except ValueError as error:
        raise ValueError(f'{place}: {error}') from error
    return score
