"""Makes the class-agnostic ground truth of Pascal VOC 2007: boxes.

--root is the folder with Annotations, ImageSets and JPEGImages. Objects
marked `difficult` count neither for nor against, as in VOC's own measure.
Pixels count from 1 there, and the last one belongs to the box: x is xmin - 1,
the width xmax - xmin + 1. Boxes of parts (heads, hands) are not read.
"""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from _class_agnostic import ClassAgnosticSet
from _originals import check_images
from _writing import add_ignored, finish, make_parser

from mmcuts3d.cli.running import run_tool_main

CLASSES = (
    *('aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat'),
    *('chair', 'cow', 'diningtable', 'dog', 'horse', 'motorbike', 'person'),
    *('pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor'),
)

# The development kit states 9,963 images and 24,640 objects that are not
# difficult, which VOC2007's table splits into 12,608 and 12,032. With the
# difficult ones readers of the files count 15,662 and 14,976.
PUBLISHED = {
    'trainval': {'images': 5011, 'annotations': 15_662, 'ignored': 3054},
    'test': {'images': 4952, 'annotations': 14_976, 'ignored': 2944},
}


def read_set(path: Path) -> list[str]:
    """Reads the stems of a set of images, such as 000005."""
    try:
        stems = path.read_text(encoding='utf-8').split()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f'Expected {path} to be a list of images, but got: {error}'
        ) from error
    wrong = [stem for stem in stems if not stem.isdigit()]
    if wrong or not stems:
        raise ValueError(
            f'Expected {path} to be a list of numbers, but got '
            f'{wrong[:3] or "an empty file"}.'
        )
    return stems


def read_xml(path: Path) -> tuple[tuple[int, int], list[tuple]]:
    """Reads the annotation of an image.

    Args:
        path (Path): The XML file.

    Returns:
        tuple: Height and width, and the objects as name, x, y, width, height
        and whether they are difficult.

    Raises:
        ValueError: If it is missing or broken; names it.
    """
    try:
        root = ElementTree.parse(path).getroot()
        size = tuple(
            int(root.findtext(f'size/{side}', ''))
            for side in ('height', 'width')
        )
        rows = []
        for node in root.iterfind('object'):
            x1, y1, x2, y2 = (
                float(node.findtext(f'bndbox/{key}', ''))
                for key in ('xmin', 'ymin', 'xmax', 'ymax')
            )
            box = [x1 - 1, y1 - 1, x2 - x1 + 1, y2 - y1 + 1]
            difficult = bool(int(node.findtext('difficult', '0')))
            rows.append((node.findtext('name', ''), box, difficult))
    except (OSError, ElementTree.ParseError, ValueError) as error:
        raise ValueError(
            f'Expected {path} to be an annotation of VOC, with `size` and '
            f'boxes, but got: {error}'
        ) from error
    return size, rows


def convert(
    root: Path, sets: list[str], ignored: str = 'crowd'
) -> ClassAgnosticSet:
    """Reads the annotations of some sets.

    Args:
        root (Path): The folder VOC2007.
        sets (list[str]): Sets of ImageSets/Main.
        ignored (str): What becomes of difficult objects. Defaults to
            'crowd'.

    Returns:
        ClassAgnosticSet: The set.

    Raises:
        ValueError: If a file is missing or broken.
    """
    names = dict(zip(CLASSES, range(1, 21), strict=True))
    converted = ClassAgnosticSet(
        f'Pascal VOC 2007 {" + ".join(sets)}',
        [{'id': number, 'name': name} for name, number in names.items()],
        ignored=ignored,
    )
    for name in sets:
        for stem in read_set(root / 'ImageSets' / 'Main' / f'{name}.txt'):
            path = root / 'Annotations' / f'{stem}.xml'
            size, rows = read_xml(path)
            converted.add_image(int(stem), f'{stem}.jpg', size, str(path))
            for number, (label, box, difficult) in enumerate(rows, start=1):
                converted.add(
                    int(stem),
                    names.get(label, label),
                    box,
                    f'object {number} of {path}',
                    ignored='difficult' if difficult else None,
                )
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--root data/VOCdevkit/VOC2007',
        '--out data/VOCdevkit/VOC2007/trainval_test_class-agnostic.json',
    )
    parser.add_argument('--root', required=True, help='the folder VOC2007')
    parser.add_argument(
        '--sets',
        nargs='+',
        choices=sorted(PUBLISHED),
        default=['trainval', 'test'],
        help='which images (trainval test)',
    )
    add_ignored(parser, 'difficult objects')
    args = parser.parse_args(arguments)
    root, sets = Path(args.root), list(dict.fromkeys(args.sets))
    converted = convert(root, sets, args.ignored)
    check_images(converted, root / 'JPEGImages')
    published = {
        key: sum(PUBLISHED[name][key] for name in sets)
        for key in ('images', 'annotations', 'ignored')
    }
    finish(converted, published, args.out, args.allow_other_counts)
    return 0


if __name__ == '__main__':
    run_tool_main(main)
