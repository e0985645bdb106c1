"""Whatever stands in a COCO file, it is read or refused with a ValueError."""

import copy
import random
import warnings

from helpers.foreign_coco import NAMES, SIZE, SQUARES, foreign, polygon

from mmcuts3d.labels import check_labels, segmentation_to_rle
from mmcuts3d.labels.coco import parse_coco, parse_results

VALUES = [
    *(None, True, False, 0, -1, 1, 1.5, 1e308, float('nan'), float('inf')),
    *(10**30, -(2**63), 2**63, '', 'a', '1', '-', '\0', '\ud800', '../x'),
    *('/', '.', '..', 'a' * 5000, '\\', '//', 'C:\\', '%00', '%2e%2e%2f'),
    *('?d=', 'http://', '\u00e9', "b'x'"),
    *([], [[]], [1], [1, 2, 3, 4], [[1, 2, 3, 4, 5, 6]], {}, [None], [{}]),
    *([[None]], [[[1]]], {'size': [60, 80], 'counts': [4800]}),
    *({'size': [60, 80], 'counts': 'Pf4'}, {'size': None, 'counts': None}),
]


def places(content, path=()):
    """Paths of keys to all that a file holds."""
    if path:
        yield path
    if isinstance(content, dict):
        pairs = content.items()
    else:
        pairs = enumerate(content if isinstance(content, list) else ())
    for key, value in pairs:
        yield from places(value, (*path, key))


def spoilt(rng, content):
    content = copy.deepcopy(content)
    for _ in range(rng.randint(1, 2)):
        *keys, last = rng.choice(list(places(content)))
        target = content
        for key in keys:
            target = target[key]
        if isinstance(target, dict) and rng.random() < 0.1:
            del target[last]
        else:
            target[last] = copy.deepcopy(rng.choice(VALUES))
    return content


def test_anything_is_read_or_refused(tmp_path):
    for name in NAMES:
        (tmp_path / name).touch()
    with_codes = foreign()
    for row in with_codes['annotations']:
        row['segmentation'] = segmentation_to_rle(polygon(*SQUARES[0]), *SIZE)
        row['score'] = 0.5
    images = [image.to_dict() for image in parse_coco(foreign()).images]
    rng = random.Random(0)
    counts = {'read': 0, 'refused': 0}
    for turn in range(400):
        content = spoilt(rng, (foreign(), with_codes)[turn % 2])
        rows = content.get('annotations')
        for read in (
            lambda c=content: parse_coco(c, tmp_path),
            lambda c=content: check_labels(c),
            lambda r=rows: parse_results(r, images),
        ):
            if not isinstance(rows, list):
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter('ignore')
                    read()
                counts['read'] += 1
            except ValueError as error:
                assert 'Expected' in str(error)
                counts['refused'] += 1
    assert min(counts.values()) > 100
