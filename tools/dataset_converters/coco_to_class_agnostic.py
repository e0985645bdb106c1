"""Makes the class-agnostic ground truth of COCO val2017: boxes and masks.

Crowds stay crowds. Without --images nobody looks whether they are there.
"""

from _class_agnostic import ClassAgnosticSet
from _originals import add_coco, read_coco, run
from _writing import make_parser

from mmcuts3d.cli.running import run_tool_main

# The official file: 36,335 objects and 446 crowds, as the published benchmarks
# of COCO's evaluators state.
PUBLISHED = {'images': 5000, 'annotations': 36_781, 'ignored': 446}


def convert(annotations: str) -> ClassAgnosticSet:
    """Reads ``instances_val2017.json``."""
    content = read_coco(annotations)
    converted = ClassAgnosticSet(
        'COCO val2017', content['categories'], masks=True
    )
    add_coco(converted, content, annotations)
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--annotations data/coco/annotations/instances_val2017.json',
        '--images data/coco/val2017',
        '--out data/coco/annotations/val2017_class-agnostic.json',
    )
    return run(arguments, parser, 'instances_val2017.json', convert, PUBLISHED)


if __name__ == '__main__':
    run_tool_main(main)
