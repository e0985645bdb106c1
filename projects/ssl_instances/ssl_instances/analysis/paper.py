"""Table 1 of the paper: recall by number of same-class instances, in %."""

from typing import Literal

PaperSet = Literal['coco', 'voc']

#: Name here, or None where the network has none, and the six values of COCO
#: val2017 and of PASCAL VOC 2012.
PAPER_TABLE: dict[str, dict[str, tuple[float, ...]]] = {
    'mae_vitb16': {
        'coco': (16.8, 8.6, 6.3, 3.2, 2.9, 1.1),
        'voc': (31.7, 18.1, 9.3, 4.5, 4.1, 2.2),
    },
    'dino_vitb16': {
        'coco': (21.0, 5.9, 3.3, 1.9, 1.9, 0.6),
        'voc': (38.3, 9.9, 4.7, 1.9, 1.7, 0.7),
    },
    'selfpatch_vits16': {
        'coco': (17.4, 7.7, 5.5, 2.8, 2.6, 1.0),
        'voc': (32.8, 13.9, 7.1, 4.3, 3.4, 1.5),
    },
    'msn_vitb16': {
        'coco': (19.8, 5.7, 3.4, 1.9, 1.8, 0.6),
        'voc': (35.6, 10.1, 4.9, 1.7, 1.3, 0.7),
    },
    'mocov3_vitb16': {
        'coco': (19.1, 5.0, 3.0, 1.6, 1.7, 0.6),
        'voc': (37.3, 9.1, 4.3, 1.6, 1.6, 0.7),
    },
    # A ResNet-101: it has no keys, and what of it was clustered is not said.
    'densecl_r101': {
        'coco': (13.3, 3.2, 1.8, 0.9, 0.9, 0.3),
        'voc': (24.3, 5.2, 2.3, 1.0, 0.8, 0.3),
    },
}
TITLES: dict[PaperSet, str] = {
    'coco': 'COCO val2017',
    'voc': 'PASCAL VOC 2012',
}


def paper_rows(which: PaperSet = 'coco') -> dict[str, tuple[float, ...]]:
    """The rows of one set.

    Args:
        which (str): 'coco' or 'voc'. Defaults to 'coco'.

    Raises:
        ValueError: If it is another.
    """
    if which not in TITLES:
        raise ValueError(
            f'Expected argument `which` to be one of {tuple(TITLES)}, but got '
            f'{which!r}.'
        )
    return {name: values[which] for name, values in PAPER_TABLE.items()}
