"""Which class each patch is of: things by category, and the rest.

The rest of an image is one class, or several: of OSD the table and what is
cropped away, by its label images; of the other sets, which say nothing of it,
clusters of the features of the stand-in backbone. A rest of several classes
is harder: its largest one is often cut out first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from cases import DATA, Case, category_ids, patch_kinds, shares

Rest = Literal['one', 'several']

#: How the rest of a set is, unless a row says otherwise.
USUAL: dict[str, Rest] = {'rgbd_osd': 'several'}
CLUSTERS = 3


def usual_rest(name: str) -> Rest:
    """How the rest of a set is, unless a row says otherwise."""
    return USUAL.get(name, 'one')


def other_rest(rest: Rest) -> Rest:
    """The other one."""
    return 'one' if rest == 'several' else 'several'


def classes_of(name: str, case: Case) -> dict[Rest, np.ndarray]:
    """(60, 60) int by how the rest is: the class of each patch.

    Args:
        name: The set.
        case: An image of it.
    """
    kinds = patch_kinds(case.annotations)
    if name == 'rgbd_osd':
        parts = _table(case)
    else:
        parts = _clusters(case, kinds == 0)
    # The first part keeps the number of the rest, the others follow.
    first_free = len(category_ids(case.annotations))
    several = np.where((kinds == 0) & (parts > 0), first_free + parts, kinds)
    return {'one': kinds, 'several': several}


def _table(case: Case) -> np.ndarray:
    """(60, 60) int, 1 where a patch of OSD is table, 0 elsewhere."""
    stem = Path(case.entry['file_name']).stem
    path = DATA / 'rgbd_osd' / 'label' / f'{stem}.png'
    label = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if label is None:
        raise ValueError(f'Expected a label image at {path}, but got none.')
    return (shares(label == 1) > shares(label == 0)).astype(int)


def _clusters(case: Case, rest: np.ndarray) -> np.ndarray:
    """(60, 60) int, clusters of the patches of the rest, 0 elsewhere."""
    features = case.features[:, rest].T.astype(np.float32)
    parts = np.zeros(rest.shape, int)
    if len(features) <= CLUSTERS:
        return parts
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    features /= np.maximum(lengths, np.finfo(np.float32).tiny)
    cv2.setRNGSeed(case.entry['id'] % 2**31)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-4)
    _, labels, _ = cv2.kmeans(
        features, CLUSTERS, None, stop, 3, cv2.KMEANS_PP_CENTERS
    )
    parts[rest] = labels[:, 0]
    return parts
