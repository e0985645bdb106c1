"""Reading a label file, with every mistake reported by file and place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .confidence import check_encoded_confidence
from .records import CATEGORY_NAME, segmentation_to_rle


def read_labels(path: str | Path) -> dict[str, Any]:
    """Read class-agnostic labels and check them.

    ``score`` and ``confidence`` may be absent, so that ground truth with the
    one category ``object`` reads as well.

    Args:
        path (str | Path): A COCO file.

    Returns:
        dict: ``images``, ``annotations``, ``categories`` and what else the
        file holds, as it stands there.

    Raises:
        ValueError: If the file is missing or no JSON, lacks a key, has
            another category than ``object``, ids that are not unique, an
            annotation of an unknown image or category, a segmentation of
            another size than its image, a score outside [0, 1], or a broken
            confidence map.
    """
    path = Path(path)
    try:
        labels = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError as error:
        raise ValueError(
            f'Expected a label file at {path}, but got no such file.'
        ) from error
    except ValueError as error:
        raise ValueError(
            f'Expected {path} to be a JSON file, but got: {error}.'
        ) from error
    try:
        check_labels(labels)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    return dict(labels)


def check_labels(labels: Any) -> None:
    """Check a COCO dict as :func:`read_labels` does.

    Args:
        labels (Any): The dict.

    Raises:
        ValueError: See :func:`read_labels`.
    """
    for key in ('images', 'annotations', 'categories'):
        rows = labels.get(key) if isinstance(labels, dict) else labels
        kind = type(rows).__name__
        if not isinstance(labels, dict) or kind != 'list':
            raise ValueError(
                f'Expected a COCO dict with a list `{key}`, but got {kind}.'
            )
    category_id = _check_categories(labels['categories'])
    images = {}
    for image in labels['images']:
        _check_keys(image, ('id', 'file_name', 'height', 'width'), 'image')
        if image['id'] in images:
            raise ValueError(
                f'Expected unique image ids, but got {image["id"]} twice.'
            )
        images[image['id']] = image
    seen: set[int] = set()
    for annotation in labels['annotations']:
        _check_keys(
            annotation,
            ('id', 'image_id', 'category_id', 'segmentation', 'bbox'),
            'annotation',
        )
        name = f'annotation {annotation["id"]}'
        if annotation['id'] in seen:
            raise ValueError(f'Expected unique ids, but got {name} twice.')
        seen.add(annotation['id'])
        if annotation['image_id'] not in images:
            raise ValueError(
                f'Expected {name} to belong to an image of the file, but got '
                f'image id {annotation["image_id"]}.'
            )
        if annotation['category_id'] != category_id:
            raise ValueError(
                f'Expected {name} to have category id {category_id}, but got '
                f'{annotation["category_id"]}.'
            )
        _named(name, _check_values, annotation, images)


def _check_categories(categories: list[Any]) -> Any:
    names = [
        category.get('name') if isinstance(category, dict) else category
        for category in categories
    ]
    if names != [CATEGORY_NAME]:
        raise ValueError(
            f"Expected the one category ['{CATEGORY_NAME}'], but got "
            f'{names[:5]}{" ..." if len(names) > 5 else ""}.'
        )
    return categories[0].get('id')


def _check_values(annotation: dict[str, Any], images: dict[Any, Any]) -> None:
    image = images[annotation['image_id']]
    segmentation_to_rle(
        annotation['segmentation'], image['height'], image['width']
    )
    score = annotation.get('score', 1.0)
    if not isinstance(score, (int, float)) or not 0 <= score <= 1:
        raise ValueError(
            f'Expected a score in [0, 1], but got {annotation["score"]!r}.'
        )
    if annotation.get('confidence') is not None:
        check_encoded_confidence(annotation['confidence'])


def _check_keys(row: Any, keys: tuple[str, ...], kind: str) -> None:
    missing = [
        key for key in keys if not isinstance(row, dict) or key not in row
    ]
    if missing:
        raise ValueError(
            f'Expected every {kind} to have the keys {list(keys)}, but got '
            f'one without {missing}.'
        )


def _named(name: str, check: Callable[..., None], *arguments: Any) -> None:
    try:
        check(*arguments)
    except ValueError as error:
        raise ValueError(f'{name}: {error}') from error
