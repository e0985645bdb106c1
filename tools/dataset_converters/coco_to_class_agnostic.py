"""Makes the class-agnostic ground truth of COCO val2017: boxes and masks.

    python tools/dataset_converters/coco_to_class_agnostic.py
        --annotations data/coco/annotations/instances_val2017.json
        --images data/coco/val2017
        --out data/coco/annotations/val2017_class-agnostic.json

Crowds stay crowds. Without --images nobody looks whether they are there.
"""

import sys

from _class_agnostic import ClassAgnosticSet
from _originals import add_coco, read_coco, run

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
    return run(
        arguments, __doc__, 'instances_val2017.json', convert, PUBLISHED
    )


if __name__ == '__main__':
    sys.exit(main())
