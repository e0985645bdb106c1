"""Clusters against classes: counts, the best assignment, accuracy and IoU.

The protocol of IIC, PiCIE and STEGO: one confusion matrix of all pixels of a
data set, and one assignment of clusters to classes, the best one there is.
"""

from typing import Literal, get_args

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..structures import IGNORED

Extra = Literal['unmatched', 'majority']
#: Class of a cluster that no class is left for.
UNMATCHED = -1


def confusion_matrix(
    predicted: np.ndarray,
    truth: np.ndarray,
    num_predicted: int,
    num_classes: int,
) -> np.ndarray:
    """How many pixels of each prediction are of each class.

    Args:
        predicted (np.ndarray): Clusters or classes from 0 to num_predicted -
            1, int, any shape.
        truth (np.ndarray): Classes from 0 to num_classes - 1, or 255, which
            is not counted; of the same shape.
        num_predicted (int): P, how many clusters there are.
        num_classes (int): C, how many classes.

    Returns:
        np.ndarray: (P, C) int64.

    Raises:
        ValueError: If shapes differ or a value is out of range.
    """
    predicted, truth = np.asarray(predicted), np.asarray(truth)
    if predicted.shape != truth.shape:
        raise ValueError(
            'Expected a prediction of the size of the label map, '
            f'{truth.shape}, but got {predicted.shape}'
        )
    known = truth != IGNORED
    for name, values, number in (
        ('predicted', predicted, num_predicted),
        ('truth', truth[known], num_classes),
    ):
        if values.size and not 0 <= values.min() <= values.max() < number:
            raise ValueError(
                f'Expected argument `{name}` to hold values from 0 to '
                f'{number - 1}, but got {values.min()} to {values.max()}'
            )
    flat = predicted[known].astype(np.int64) * num_classes + truth[known]
    counts = np.bincount(flat, minlength=num_predicted * num_classes)
    return counts.reshape(num_predicted, num_classes)


def match_clusters(
    confusion: np.ndarray, extra: Extra = 'unmatched'
) -> np.ndarray:
    """The assignment of clusters to classes with the most pixels right.

    Each class gets one cluster at most (Hungarian matching).

    Args:
        confusion (np.ndarray): (P, C), see :func:`confusion_matrix`.
        extra (str): Where there are more clusters than classes, the others
            are ``'unmatched'``, so that their pixels are wrong (STEGO), or
            each takes the class that the ``'majority'`` of its pixels is of.
            Defaults to 'unmatched'.

    Returns:
        np.ndarray: (P,) int64, the class of each cluster, or -1.

    Raises:
        ValueError: If ``extra`` is unknown.
    """
    if extra not in get_args(Extra):
        raise ValueError(
            f'Expected argument `extra` to be one of {get_args(Extra)}, but '
            f'got {extra!r}'
        )
    clusters, classes = linear_sum_assignment(confusion, maximize=True)
    matched = np.full(len(confusion), UNMATCHED, np.int64)
    matched[clusters] = classes
    if extra == 'majority':
        rest = matched == UNMATCHED
        matched[rest] = confusion[rest].argmax(axis=1)
    return matched


def merge_clusters(confusion: np.ndarray, matched: np.ndarray) -> np.ndarray:
    """The confusion matrix of classes.

    Args:
        confusion (np.ndarray): (P, C).
        matched (np.ndarray): (P,), of :func:`match_clusters`.

    Returns:
        np.ndarray: (C + 1, C) int64; the last row is what has no class.
    """
    classes = confusion.shape[1]
    merged = np.zeros((classes + 1, classes), np.int64)
    np.add.at(merged, matched, confusion)  # -1 is the last row
    return merged


def accuracy(confusion: np.ndarray) -> float:
    """Share of pixels whose class is right, in percent.

    Args:
        confusion (np.ndarray): (C, C), or (C + 1, C) with a row of pixels
            that got no class.

    Returns:
        float: In [0, 100].

    Raises:
        ValueError: If no pixel was counted.
    """
    total = confusion.sum()
    if not total:
        raise ValueError(
            'Expected labelled pixels to measure, but got none: all are '
            f'{IGNORED}'
        )
    return float(100 * np.trace(confusion) / total)


def class_iou(confusion: np.ndarray) -> np.ndarray:
    """IoU of each class, in percent.

    Args:
        confusion (np.ndarray): See :func:`accuracy`.

    Returns:
        np.ndarray: (C,) float64; NaN for a class that is neither in the
        truth nor predicted.
    """
    classes = confusion.shape[1]
    right = np.diagonal(confusion).astype(np.float64)
    both = confusion[:classes].sum(axis=1) + confusion.sum(axis=0) - right
    return np.where(both > 0, 100 * right / np.maximum(both, 1), np.nan)
