"""What is evaluated: label files and results, brought to the images of the
ground truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmcuts3d.files import shown
from mmcuts3d.files.json_files import read_json
from mmcuts3d.labels import (
    ERROR_FILE,
    LABEL_FILE,
    LabelStore,
    check_labels,
    is_sharded,
    open_store,
)
from mmcuts3d.labels.coco import match_names, parse_results


@dataclass
class Run:
    """Predictions on the images of the ground truth.

    Args:
        name (str): For tables and pictures.
        source (str): Where they came from.
        predictions (list[dict]): ``image_id`` of the ground truth, ``score``,
            ``bbox`` (x, y, width, height) and perhaps ``segmentation``
            (run-length code) and ``confidence``.
        has_masks (bool): Whether there is a mask in each of them.
        missing (list[str]): Images of the ground truth that the labels do not
            have; they count as empty.
        left_out (list[str]): Images of the labels that the ground truth does
            not have.
    """

    name: str
    source: str
    predictions: list[dict[str, Any]]
    has_masks: bool
    missing: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_run(
    path: str | Path,
    images: Sequence[dict],
    name: str,
    allow_missing: bool = False,
) -> Run:
    """Read labels or results of the images of a ground truth.

    Args:
        path (str | Path): Label file (images are matched by file name, their
            ids may differ), folder of a label store, or results in COCO's
            format, a list of predictions with the image ids of the ground
            truth.
        images (Sequence[dict]): Of the ground truth: ``id``, ``file_name``,
            ``height``, ``width``.
        name (str): Of the run.
        allow_missing (bool): Whether images that only one of the two has are
            counted as empty or left out, instead of refused. Defaults to
            False.

    Returns:
        Run: The run.

    Raises:
        ValueError: If the file cannot be read, is of other images, or an
            image is of another size.
    """
    path = Path(path)
    if not is_sharded(path):
        if path.is_dir():
            path = path / LABEL_FILE
        content = read_json(
            path,
            'a run (a label file, a folder of labels, a results file of COCO '
            'or a config .py)',
        )
    try:
        if path.is_dir():
            return _from_store(open_store(path), images, name, allow_missing)
        if isinstance(content, list):
            return _from_results(content, path, images, name)
        return _from_labels(
            check_labels(content), path, images, name, allow_missing
        )
    except ValueError as error:
        raise ValueError(f'{name} ({shown(path)}): {error}') from error


def _from_labels(
    labels: dict[str, Any],
    path: Path,
    images: Sequence[dict],
    name: str,
    allow_missing: bool,
) -> Run:
    known, missing, foreign = _matched(
        labels['images'], path, images, allow_missing
    )
    ids = {
        image['id']: known[place]
        for place, image in enumerate(labels['images'])
        if place in known
    }
    predictions = [
        _prediction(row, ids[row['image_id']])
        for row in labels['annotations']
        if row['image_id'] in ids
    ]
    return Run(name, str(path), predictions, True, missing, foreign)


def _from_store(
    store: LabelStore,
    images: Sequence[dict],
    name: str,
    allow_missing: bool,
) -> Run:
    """Only the images of the ground truth are read."""
    columns = store.image_columns()
    own = [
        {'file_name': key, 'height': int(height), 'width': int(width)}
        for key, height, width in zip(
            store.file_names(), columns.heights, columns.widths, strict=True
        )
    ]
    known, missing, foreign = _matched(own, store.path, images, allow_missing)
    predictions = [
        _prediction(row, image_id)
        for place, image_id in known.items()
        for row in store.record(place).annotations
    ]
    return Run(name, str(store.path), predictions, True, missing, foreign)


def _prediction(row: dict[str, Any], image_id: int) -> dict[str, Any]:
    return {**row, 'image_id': image_id, 'score': row.get('score', 1.0)}


def _matched(
    labeled: Sequence[dict],
    path: Path,
    images: Sequence[dict],
    allow_missing: bool,
) -> tuple[dict[int, int], list[str], list[str]]:
    """Places of labeled images with their ids in the ground truth; names of
    images that only the one or the other has."""
    known = _by_name(images, 'the ground truth')
    own = _by_name(labeled, 'the labels')
    places = {id(image): place for place, image in enumerate(labeled)}
    own = _spelt_alike(own, known)
    missing = [key for key in known if key not in own]
    foreign = [key for key in own if key not in known]
    if len(foreign) == len(own) or (
        (missing or foreign) and not allow_missing
    ):
        raise ValueError(_of_other_images(path, missing, foreign, len(known)))
    found = {}
    for key, image in own.items():
        if key in known:
            _check_size(key, image, known[key])
            found[places[id(image)]] = known[key]['id']
    return dict(sorted(found.items())), missing, foreign


def _of_other_images(
    path: Path, missing: list[str], foreign: list[str], number: int
) -> str:
    if len(missing) == number:
        return (
            f'Expected the labels to have the {number} images of the ground '
            f'truth ({_listed(missing, 2)}), but got only others: '
            f'{_listed(foreign) or "none"}. File names must be the same.'
        )
    parts = []
    if missing:
        parts.append(f'none of {_listed(missing)}')
    if foreign:
        parts.append(f'others: {_listed(foreign)}')
    hint = '--allow-missing counts the former as empty, leaves out the latter'
    errors = (path if path.is_dir() else path.parent) / ERROR_FILE
    if errors.exists() and read_json(errors):
        hint += f'; images that could not be labelled: {shown(errors)}'
    return (
        f'Expected the labels to have the {number} images of the ground '
        f'truth, but got {"; ".join(parts)} ({hint}).'
    )


def _from_results(
    rows: list[Any], path: Path, images: Sequence[dict], name: str
) -> Run:
    found, notes = parse_results(rows, images)
    notes.warn(str(path))
    predictions = [{**row.extra, **row.to_dict()} for row in found]
    with_mask = sum('segmentation' in row for row in predictions)
    if with_mask not in (0, len(predictions)):
        raise ValueError(
            'Expected results with a mask in each prediction or in none, '
            f'but got {with_mask} in {len(predictions)}.'
        )
    # No prediction at all is measured as masks that are not there.
    has_masks = with_mask == len(predictions)
    return Run(name, str(path), predictions, has_masks)


def _spelt_alike(
    own: dict[str, dict], known: dict[str, dict]
) -> dict[str, dict]:
    """Images of labels, under the names that the ground truth has for them.

    Names that are the same stay; of the others, those that can only be one of
    the ground truth's.
    """
    missing = [key for key in known if key not in own]
    foreign = [key for key in own if key not in known]
    found = match_names(missing, foreign) if missing and foreign else {}
    names = {run: truth for truth, run in found.items()}
    return {names.get(key, key): image for key, image in own.items()}


def _by_name(images: Iterable[dict], where: str) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for image in images:
        key = Path(image['file_name']).as_posix()
        if key in found:
            raise ValueError(
                f'Expected file names in {where} to be unique, but got '
                f'{shown(key)} twice.'
            )
        found[key] = image
    return found


def _check_size(name: str, own: dict, known: dict) -> None:
    sizes = [(image['height'], image['width']) for image in (own, known)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f'Expected {shown(name)} to be of size {sizes[1]} as in the '
            f'ground truth, but got {sizes[0]}.'
        )


def _listed(names: Sequence[str], most: int = 5) -> str:
    text = ', '.join(shown(name, 80) for name in names[:most])
    rest = len(names) - most
    return f'{text} and {rest} more' if rest > 0 else text
