"""Makes the class-agnostic ground truth of KITTI's object set: boxes.

--root is the folder with image_2 and label_2: the training split, for the
test labels are not public. All eight classes are objects. `DontCare` regions,
where nobody labelled, count neither for nor against, as in KITTI's own
measure.
"""

from pathlib import Path

from _class_agnostic import ClassAgnosticSet
from _originals import image_size, listed
from _writing import add_ignored, finish, make_parser

from mmcuts3d.cli.running import run_tool_main

DONT_CARE = 'DontCare'
CLASSES = (
    *('Car', 'Van', 'Truck', 'Pedestrian', 'Person_sitting', 'Cyclist'),
    *('Tram', 'Misc', DONT_CARE),
)

# Images: the readme of the development kit. Objects: 40,570 of the eight
# classes (28,742 cars, ...) and 11,295 DontCare, as many readers of the label
# files count them.
PUBLISHED = {'images': 7481, 'annotations': 51_865, 'ignored': 11_295}


def read_labels(path: Path) -> list[tuple[str, list[float]]]:
    """Reads a label file.

    Args:
        path (Path): One object a line, in 15 values: type, truncation,
            occlusion, angle, left, top, right, bottom (pixels, from 0), ...

    Returns:
        list: Type and box (x, y, width, height) of each line.

    Raises:
        ValueError: If the file is missing or a line is broken; names both.
    """
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f'Expected {path} to be a label file, but got: {error}'
        ) from error
    rows = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        try:
            if len(words) != 15 or words[0] not in CLASSES:
                raise ValueError
            left, top, right, bottom = map(float, words[4:8])
        except ValueError as error:
            raise ValueError(
                f'Expected line {number} of {path} to be an object of KITTI '
                f'in 15 values, but got {line!r:.60}.'
            ) from error
        rows.append((words[0], [left, top, right - left, bottom - top]))
    return rows


def convert(root: Path, ignored: str = 'crowd') -> ClassAgnosticSet:
    """Reads all labels and the sizes of the images.

    Args:
        root (Path): The folder with image_2 and label_2.
        ignored (str): What becomes of DontCare regions. Defaults to 'crowd'.

    Returns:
        ClassAgnosticSet: The set.

    Raises:
        ValueError: If a file is missing or broken, or an image has no
            labels.
    """
    names = {name: number for number, name in enumerate(CLASSES, start=1)}
    converted = ClassAgnosticSet(
        'KITTI object, training',
        [{'id': number, 'name': name} for name, number in names.items()],
        ignored=ignored,
    )
    labels = listed(root / 'label_2', '*.txt')
    with_labels = {path.stem for path in labels}
    for path in listed(root / 'image_2', '*.png'):
        if path.stem not in with_labels:
            raise ValueError(
                f'Expected {path} to have labels in {root / "label_2"}, but '
                f'got no {path.stem}.txt.'
            )
    for number, path in enumerate(labels, start=1):
        image = root / 'image_2' / f'{path.stem}.png'
        converted.add_image(number, image.name, image_size(image), str(image))
        for line, (name, box) in enumerate(read_labels(path), start=1):
            converted.add(
                number,
                names[name],
                box,
                f'line {line} of {path}',
                ignored=name if name == DONT_CARE else None,
            )
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--root data/kitti/training',
        '--out data/kitti/annotations/training_class-agnostic.json',
    )
    parser.add_argument(
        '--root', required=True, help='folder of image_2 and label_2'
    )
    add_ignored(parser, 'DontCare regions')
    args = parser.parse_args(arguments)
    converted = convert(Path(args.root), args.ignored)
    finish(converted, PUBLISHED, args.out, args.allow_other_counts)
    return 0


if __name__ == '__main__':
    run_tool_main(main)
