"""Makes the class-agnostic ground truth of Objects365 v2 val: boxes.

The original names images such as images/v1/patch8/objects365_v1_00420917.jpg,
the archives unpack to patch8/objects365_v1_00420917.jpg: the file names are
the last two parts, as in mmdet. Boxes of groups (`iscrowd`) stay crowds.
"""

from pathlib import PurePosixPath

from _class_agnostic import ClassAgnosticSet
from _originals import add_coco, read_coco, run
from _writing import make_parser

from mmcuts3d.cli.running import run_tool_main

# The official file of version 2, as published benchmarks of evaluators and
# registrations of the set in other frameworks state.
PUBLISHED = {'images': 80_000, 'annotations': 1_240_587}


def convert(annotations: str) -> ClassAgnosticSet:
    """Reads ``zhiyuan_objv2_val.json``."""
    content = read_coco(annotations)
    converted = ClassAgnosticSet('Objects365 v2 val', content['categories'])
    add_coco(
        converted,
        content,
        annotations,
        lambda image: '/'.join(PurePosixPath(image['file_name']).parts[-2:]),
    )
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--images data/Objects365/Obj365_v2/val',
        '--out data/Objects365/Obj365_v2/annotations/val_class-agnostic.json',
        '--annotations '
        'data/Objects365/Obj365_v2/annotations/zhiyuan_objv2_val.json',
    )
    return run(arguments, parser, 'zhiyuan_objv2_val.json', convert, PUBLISHED)


if __name__ == '__main__':
    run_tool_main(main)
