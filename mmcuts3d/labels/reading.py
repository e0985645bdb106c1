"""Reading a label file, with every mistake reported by file and place."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmcuts3d.files.json_files import read_json

from .coco import (
    CocoAnnotation,
    CocoFile,
    flag,
    is_plain,
    match_files,
    parse_coco,
    shown,
    whole_number,
)
from .coco.ids import check_unique
from .coco.images import check_keys
from .confidence import check_encoded_confidence
from .records import CATEGORY_NAME

_IMAGE_KEYS = ('id', 'file_name', 'height', 'width')
_ANNOTATION_KEYS = ('id', 'image_id', 'category_id')


def read_labels(
    path: str | Path, image_dir: str | Path | None = None
) -> dict[str, Any]:
    """Read class-agnostic labels, check them and bring them to one form.

    ``score`` and ``confidence`` may be absent, so that ground truth with the
    one category ``object`` reads as well. What was mended or left out is
    counted in one warning, see :func:`mmcuts3d.labels.coco.read_coco`.

    Args:
        path (str | Path): A COCO file.
        image_dir (str | Path, optional): The image folder, where names are
            matched with files. Defaults to None: names stay as they are.

    Returns:
        dict: ``images``, ``annotations``, ``categories`` and what else the
        file holds. Ids and sizes are integers, masks are run-length codes
        with ``counts`` as text, boxes are complete.

    Raises:
        ValueError: If the file is missing or no JSON, lacks a key, has
            another category than ``object``, ids that are not unique, an
            annotation of an unknown image or category, an annotation without
            a mask, a mask that is broken or of another size than its image,
            a score outside [0, 1], a broken confidence map, or the name of
            an image that leads out of the image folder.

    Examples:
        >>> from mmcuts3d.labels import read_labels
        >>> labels = read_labels('data/mine/labels.json')
        >>> len(labels['images']), labels['categories'][0]['name']
        (4, 'object')
    """
    content = read_json(path, 'a label file')
    try:
        labels, found = _checked(content, image_dir)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    found.notes.warn(str(path))
    return labels


def check_labels(labels: Any) -> dict[str, Any]:
    """Check a COCO dict as :func:`read_labels` does.

    Args:
        labels (Any): The dict, which stays as it is.

    Returns:
        dict: What :func:`read_labels` returns.

    Raises:
        ValueError: See :func:`read_labels`.
    """
    checked, found = _checked(labels)
    found.notes.warn('labels')
    return checked


def _checked(
    labels: Any, image_dir: str | Path | None = None
) -> tuple[dict[str, Any], CocoFile]:
    for key in ('images', 'annotations', 'categories'):
        rows = labels.get(key) if isinstance(labels, dict) else labels
        kind = type(rows).__name__
        if not isinstance(labels, dict) or kind != 'list':
            raise ValueError(
                f'Expected a COCO dict with a list `{key}`, but got {kind}.'
            )
    category_id = _check_categories(labels['categories'])
    for image in labels['images']:
        check_keys(image, _IMAGE_KEYS, 'image')
    for annotation in labels['annotations']:
        check_keys(annotation, _ANNOTATION_KEYS, 'annotation')
    raw = [row['id'] for row in labels['annotations']]
    ids = [whole_number(value, 'the `id` of an annotation') for value in raw]
    check_unique(ids, raw, 'annotation')
    found = parse_coco(labels, images_once=True)
    if image_dir is not None:
        match_files(found.images, image_dir, found.notes, trust_usual=True)
    for image in found.images:
        if not is_plain(image.file_name):
            raise ValueError(
                f'Expected the `file_name` of image {shown(image.original_id)}'
                ' to be a path relative to the image folder, but got '
                f'{shown(image.file_name)}.'
            )
    return {
        **found.others,
        'images': [
            {**image.extra, **image.to_dict()} for image in found.images
        ],
        'annotations': [
            _label(annotation, category_id) for annotation in found.annotations
        ],
    }, found


def _check_categories(categories: Sequence[Any]) -> int:
    names = [
        category.get('name') if isinstance(category, dict) else category
        for category in categories
    ]
    if names != [CATEGORY_NAME]:
        raise ValueError(
            f"Expected the one category ['{CATEGORY_NAME}'], but got "
            f'{shown(names[:5])}. Pseudo-labels of CutLER, CuVLER and others '
            'are imported by tools/dataset_converters/import_pseudo_labels.py.'
        )
    return whole_number(categories[0].get('id'), 'the `id` of the category')


def _label(annotation: CocoAnnotation, category_id: int) -> dict[str, Any]:
    """The row of a label, with what only labels have checked."""
    try:
        if annotation.category_id != category_id:
            raise ValueError(
                f'Expected category id {category_id}, but got '
                f'{shown(annotation.category_id)}.'
            )
        if annotation.segmentation is None:
            raise ValueError(
                'Expected a `segmentation` with a pixel in the image, but got '
                'only a `bbox`.'
            )
        score = annotation.score
        if score is not None and not 0 <= score <= 1:
            raise ValueError(f'Expected a score in [0, 1], but got {score}.')
        extra = dict(annotation.extra)
        if extra.get('confidence') is not None:
            check_encoded_confidence(extra['confidence'])
        if 'ignore' in extra:
            extra['ignore'] = int(flag(extra['ignore'], '`ignore`'))
    except ValueError as error:
        raise ValueError(f'{annotation.place}: {error}') from error
    extra['id'] = whole_number(extra['id'], '`id`')
    return {**extra, **annotation.to_dict()}
