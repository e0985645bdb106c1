"""Makes the class-agnostic ground truth of OpenImages v6 val: boxes.

Boxes are relative in the original; the sizes come from the images' headers,
upright. All images of the folder belong to the set, those without boxes too.
Boxes around groups (`IsGroupOf`) count neither for nor against; in
OpenImages' own measure one prediction inside of a group is right, and the
others are ignored. Depictions and insides are objects. OpenImages annotates
only the classes that somebody has confirmed for an image.
"""

import csv
from collections import Counter
from pathlib import Path

from _class_agnostic import ClassAgnosticSet
from _originals import image_size, listed
from _writing import add_ignored, finish, make_parser

from mmcuts3d.cli.running import run_tool_main

# openimages/web/download_v6.html states 41,620 images; the file has 303,980
# boxes, as the description of version 6 and readers of the file state.
PUBLISHED = {'images': 41_620, 'annotations': 303_980}

COLUMNS = (
    *('ImageID', 'LabelName', 'XMin', 'XMax', 'YMin', 'YMax'),
    'IsGroupOf',
)
#: How far a coordinate may lie outside of the image, relative to its side.
TOLERANCE = 1e-3


def read_classes(path: str) -> dict[str, tuple[int, str]]:
    """Reads the classes.

    Args:
        path (str): CSV file of machine names (/m/...) and words, with or
            without a header.

    Returns:
        dict: Machine name to number, from 1 in the file's order, and word.

    Raises:
        ValueError: If it is missing or broken.
    """
    classes: dict[str, tuple[int, str]] = {}
    try:
        with open(path, encoding='utf-8', newline='') as file:
            for line, row in enumerate(csv.reader(file), start=1):
                if row == ['LabelName', 'DisplayName']:
                    continue
                if len(row) != 2 or row[0] in classes:
                    raise ValueError(f'line {line}: {row!r:.60}')
                classes[row[0]] = (len(classes) + 1, row[1])
        if not classes:
            raise ValueError('an empty file')
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(
            f'Expected {path} to be a list of classes, a name and a '
            f'description each, but got: {error}'
        ) from error
    return classes


def read_boxes(path: str) -> list[tuple[str, str, list[float], bool]]:
    """Reads the boxes.

    Args:
        path (str): The CSV file.

    Returns:
        list: Image, class, left, top, right, bottom relative to the image's
        sides, and whether it is a group.

    Raises:
        ValueError: If the file is missing, a column is, or a line is broken;
            names it.
    """
    rows = []
    try:
        with open(path, encoding='utf-8', newline='') as file:
            reader = csv.DictReader(file)
            missing = set(COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise ValueError(f'no column {sorted(missing)}')
            for row in reader:
                try:
                    rows.append(_box(row))
                except (ValueError, TypeError) as error:
                    raise ValueError(
                        f'line {reader.line_num}: {error}'
                    ) from error
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(
            f'Expected {path} to be a list of boxes of OpenImages, but got: '
            f'{error}'
        ) from error
    return rows


def _box(row: dict) -> tuple[str, str, list[float], bool]:
    sides = [float(row[key]) for key in ('XMin', 'YMin', 'XMax', 'YMax')]
    if not all(-TOLERANCE <= side <= 1 + TOLERANCE for side in sides):
        raise ValueError(f'sides outside of the image: {sides}')
    # -1 stands for "not known".
    return row['ImageID'], row['LabelName'], sides, int(row['IsGroupOf']) == 1


def convert(
    boxes: str, classes: str, images: Path, ignored: str = 'crowd'
) -> ClassAgnosticSet:
    """Reads classes, sizes and boxes.

    Args:
        boxes (str): CSV file of the boxes.
        classes (str): CSV file of the classes.
        images (Path): Folder of the images.
        ignored (str): What becomes of groups. Defaults to 'crowd'.

    Returns:
        ClassAgnosticSet: The set.

    Raises:
        ValueError: If a file is missing or broken, or boxes have no image.
    """
    known = read_classes(classes)
    converted = ClassAgnosticSet(
        'OpenImages v6 val',
        [{'id': number, 'name': name} for number, name in known.values()],
        ignored=ignored,
    )
    rows = read_boxes(boxes)
    ids: dict[str, int] = {}
    for number, path in enumerate(listed(images, '*.jpg'), start=1):
        ids[path.stem] = number
        converted.add_image(number, path.name, image_size(path), str(images))
    missing = Counter(row[0] for row in rows if row[0] not in ids)
    if missing:
        raise ValueError(
            f'Expected the images of {boxes} to be in {images}, but got '
            f'{len(missing):,} less, such as {min(missing)}.jpg.'
        )
    for line, (stem, label, sides, is_group) in enumerate(rows, start=2):
        image = converted.images[ids[stem]]
        left, right = sides[0] * image['width'], sides[2] * image['width']
        top, bottom = sides[1] * image['height'], sides[3] * image['height']
        converted.add(
            image['id'],
            known.get(label, (label, ''))[0],
            [left, top, right - left, bottom - top],
            f'line {line} of {boxes}',
            ignored='IsGroupOf' if is_group else None,
        )
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--boxes data/OpenImages/annotations/validation-annotations-bbox.csv',
        '--classes data/OpenImages/annotations/class-descriptions-boxable.csv',
        '--images data/OpenImages/OpenImages/validation',
        '--out data/OpenImages/annotations/validation_class-agnostic.json',
    )
    add = parser.add_argument
    add('--boxes', required=True, help='validation-annotations-bbox.csv')
    add('--classes', required=True, help='class-descriptions-boxable.csv')
    add('--images', required=True, help='folder of the images')
    add_ignored(parser, 'groups')
    args = parser.parse_args(arguments)
    converted = convert(
        args.boxes, args.classes, Path(args.images), args.ignored
    )
    finish(converted, PUBLISHED, args.out, args.allow_other_counts)
    return 0


if __name__ == '__main__':
    run_tool_main(main)
