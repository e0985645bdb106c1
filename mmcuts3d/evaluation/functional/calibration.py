"""Calibration, error detection and correlation of any confidence.

Values come with weights, so that a patch of many pixels need not be spelled
out pixel by pixel.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats


@dataclass
class ReliabilityBins:
    """What a reliability diagram shows.

    Attributes:
        edges (np.ndarray): (B + 1,) borders of the bins; a bin holds its
            upper border, the first one its lower border too.
        weight (np.ndarray): (B,) weight of the samples in each bin.
        confidence (np.ndarray): (B,) their mean confidence, NaN in an empty
            bin.
        accuracy (np.ndarray): (B,) the share that is right, NaN in an empty
            bin.
    """

    edges: np.ndarray
    weight: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def reliability_bins(
    confidence: npt.ArrayLike,
    right: npt.ArrayLike,
    wrong: npt.ArrayLike,
    num_bins: int = 10,
) -> ReliabilityBins:
    """Sort samples by confidence into bins of equal width.

    Args:
        confidence (array): (N,) in [0, 1].
        right (array): (N,) weight of what is right at this confidence.
        wrong (array): (N,) weight of what is wrong at it.
        num_bins (int): B. Defaults to 10.

    Returns:
        ReliabilityBins: The bins.

    Raises:
        ValueError: If there is no bin, or confidences leave [0, 1].
    """
    values, good, bad = _columns(confidence, right, wrong)
    check_num_bins(num_bins)
    if values.size and not (values.min() >= 0 and values.max() <= 1 + 1e-6):
        raise ValueError(
            'Expected argument `confidence` to lie in [0, 1], but got values '
            f'from {values.min()} to {values.max()}.'
        )
    edges = np.linspace(0, 1, num_bins + 1)
    # A confidence that stands on a border of bins up to rounding, as 0.5
    # stored in single precision, goes below it.
    index = np.searchsorted(edges[1:-1], values - 1e-6)
    total, hits, mass = (
        np.bincount(index, weights, num_bins)
        for weights in (good + bad, good, (good + bad) * values)
    )
    with np.errstate(invalid='ignore'):
        return ReliabilityBins(edges, total, mass / total, hits / total)


def check_num_bins(num_bins: int) -> None:
    """Check a number of bins.

    Args:
        num_bins (int): The number.

    Raises:
        ValueError: If it is below 1.
    """
    if num_bins < 1:
        raise ValueError(
            'Expected argument `num_bins` to be 1 or more, but got '
            f'{num_bins}.'
        )


def expected_calibration_error(bins: ReliabilityBins) -> float:
    """Mean gap between confidence and accuracy (Guo et al., ICML 2017).

    Args:
        bins (ReliabilityBins): The bins.

    Returns:
        float: The gaps of the bins, weighted by their samples, in [0, 1]; -1
        without samples.
    """
    if not bins.weight.sum():
        return -1.0
    gaps = np.nan_to_num(np.abs(bins.accuracy - bins.confidence))
    return float(np.average(gaps, weights=bins.weight))


def error_auroc(
    confidence: npt.ArrayLike, right: npt.ArrayLike, wrong: npt.ArrayLike
) -> float:
    """How well low confidence finds errors: area under the ROC curve.

    The probability that what is wrong has a lower confidence than what is
    right, a tie being one half (Hendrycks and Gimpel, ICLR 2017).

    Args:
        confidence (array): (N,) float.
        right (array): (N,) weight of what is right at this confidence.
        wrong (array): (N,) weight of what is wrong at it.

    Returns:
        float: In [0, 1], 0.5 for chance; -1 if nothing is right or nothing
        wrong.
    """
    values, good, bad = _columns(confidence, right, wrong)
    if not good.sum() or not bad.sum():
        return -1.0
    _, level = np.unique(values, return_inverse=True)
    good, bad = np.bincount(level, good), np.bincount(level, bad)
    below = np.cumsum(bad) - bad
    return float(good @ (below + bad / 2) / (good.sum() * bad.sum()))


def correlation(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    kind: Literal['pearson', 'spearman'],
) -> float:
    """Correlation of two samples.

    Args:
        a (array): (N,) float.
        b (array): (N,) float.
        kind (str): 'pearson' or 'spearman'.

    Returns:
        float: In [-1, 1]; NaN for fewer than two values or if one sample is
        constant, for -1 is a correlation.

    Raises:
        ValueError: If the kind has no such name.
    """
    functions = {'pearson': stats.pearsonr, 'spearman': stats.spearmanr}
    if kind not in functions:
        raise ValueError(
            f'Expected argument `kind` to be one of {sorted(functions)}, but '
            f'got {kind!r}.'
        )
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if x.size < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float('nan')
    return float(functions[kind](x, y).statistic)


def _columns(*columns: npt.ArrayLike) -> list[np.ndarray]:
    arrays = [np.asarray(column, np.float64).ravel() for column in columns]
    sizes = [array.size for array in arrays]
    if len(set(sizes)) > 1:
        raise ValueError(
            'Expected `confidence`, `right` and `wrong` to be of one length, '
            f'but got {sizes}.'
        )
    return arrays
