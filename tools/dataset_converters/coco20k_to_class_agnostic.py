"""Makes the class-agnostic ground truth of COCO20K: boxes and masks.

--list is datasets/coco_20k_filenames.txt of github.com/valeoai/LOST: 19,817
images of COCO train2014, one path a line. Crowds stay crowds.
"""

from pathlib import Path

from _class_agnostic import ClassAgnosticSet
from _originals import add_coco, check_images, read_coco
from _writing import finish, make_parser

from mmcuts3d.cli.running import run_tool_main

# Images: the lines of LOST's list, counted. Annotations: one public count of
# the file that CutLER evaluates on (of a reproduction of unMORE); no paper
# states it.
PUBLISHED = {'images': 19_817, 'annotations': 145_654}


def read_list(path: str) -> set[str]:
    """Reads the names of the images, without their folders.

    Args:
        path (str): The list.

    Returns:
        set[str]: Names such as COCO_train2014_000000560992.jpg.

    Raises:
        ValueError: If there is no such file, a line is no name of an image,
            or one stands there twice.
    """
    try:
        lines = Path(path).read_text(encoding='utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f'Expected {path} to be a list of images, but got: {error}'
        ) from error
    names: set[str] = set()
    for number, line in enumerate(lines, start=1):
        name = Path(line.strip()).name
        if not name.lower().endswith('.jpg') or name in names:
            raise ValueError(
                f'Expected line {number} of {path} to name a further JPEG '
                f'image, but got {line!r:.60}.'
            )
        names.add(name)
    return names


def convert(annotations: str, list_file: str) -> ClassAgnosticSet:
    """Reads the annotations of the images that the list names.

    Args:
        annotations (str): ``instances_train2014.json``.
        list_file (str): LOST's list.

    Returns:
        ClassAgnosticSet: The set.

    Raises:
        ValueError: If a file is broken, or an image of the list has no entry
            in the annotations.
    """
    names = read_list(list_file)
    content = read_coco(annotations)
    converted = ClassAgnosticSet('COCO20K', content['categories'], masks=True)
    add_coco(
        converted,
        content,
        annotations,
        wanted=lambda image: image['file_name'] in names,
    )
    missing = names - {row['file_name'] for row in converted.images.values()}
    if missing:
        raise ValueError(
            f'Expected {annotations} to hold the images of {list_file}, but '
            f'got {len(missing):,} less, such as {min(missing)}.'
        )
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--annotations data/coco/annotations/instances_train2014.json',
        '--list data/coco/annotations/coco_20k_filenames.txt',
        '--images data/coco/train2014',
        '--out data/coco/annotations/coco20k_class-agnostic.json',
    )
    parser.add_argument(
        '--annotations', required=True, help='instances_train2014.json'
    )
    parser.add_argument('--list', required=True, help="LOST's list of images")
    parser.add_argument('--images', help='folder of the images, to check them')
    args = parser.parse_args(arguments)
    converted = convert(args.annotations, args.list)
    if args.images:
        check_images(converted, args.images)
    finish(converted, PUBLISHED, args.out, args.allow_other_counts)
    return 0


if __name__ == '__main__':
    run_tool_main(main)
