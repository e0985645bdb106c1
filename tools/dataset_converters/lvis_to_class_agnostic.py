"""Makes the class-agnostic ground truth of LVIS v1 val: boxes and masks.

LVIS names an image by its URL only, most of them in COCO's train2017; the
file names are made of the last two parts, such as val2017/000000397133.jpg.
Areas and polygons are the original's. Which categories LVIS has looked for in
an image (`neg_category_ids`, `not_exhaustive_category_ids`) is kept, but
COCO's measure does not look at it: an object that nobody annotated counts
against a method that finds it, in the papers' numbers too.
"""

from _class_agnostic import ClassAgnosticSet
from _originals import add_coco, read_coco, run
from _writing import make_parser

from mmcuts3d.cli.running import run_tool_main

# The official file of version 1, as published comparisons on LVIS state.
PUBLISHED = {'images': 19_809, 'annotations': 244_707}


def file_name(image: dict) -> str:
    """Path of an image, relative to the folder of COCO.

    Args:
        image (dict): A row of LVIS with ``coco_url``.

    Returns:
        str: Folder and name.

    Raises:
        ValueError: If the URL has no folder.
    """
    parts = str(image['coco_url']).split('/')
    if len(parts) < 2 or not parts[-1] or not parts[-2].endswith('2017'):
        raise ValueError(
            f'Expected the `coco_url` of image {image["id"]} to end in a '
            f'folder of COCO 2017 and a name, but got {image["coco_url"]!r}.'
        )
    return '/'.join(parts[-2:])


def convert(annotations: str) -> ClassAgnosticSet:
    """Reads ``lvis_v1_val.json``."""
    content = read_coco(annotations)
    converted = ClassAgnosticSet(
        'LVIS v1 val', content['categories'], masks=True
    )
    add_coco(
        converted,
        content,
        annotations,
        file_name,
        kept=('neg_category_ids', 'not_exhaustive_category_ids'),
    )
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--annotations data/lvis_v1/annotations/lvis_v1_val.json',
        '--images data/coco',
        '--out data/coco/annotations/lvis_v1_val_class-agnostic.json',
    )
    return run(arguments, parser, 'lvis_v1_val.json', convert, PUBLISHED)


if __name__ == '__main__':
    run_tool_main(main)
