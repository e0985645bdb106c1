"""k-way spectral clustering of patches, several k at once (paper, Sec. 3).

Features -> cosine graph, weights kept -> eigenvectors of the normalized cut,
those of the largest k, once -> for each k the first k of them, the row of each
patch at length 1 (Ng, Jordan and Weiss, 2002) -> k-means -> masks, and what is
not connected parted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import label

from mmcuts3d.cuts import affinity, cut_eigenvectors

#: Of the analysis (paper, Table 1); proposals take 2 to 5 (App. A.2.1).
KS = (2, 3, 4, 5, 6)
#: Cosines that differ by less are one, and an eigenvalue that is as near to 1
#: tells nothing of the graph: its weights are 0 there, and any vector is one.
NEGLIGIBLE = 1e-6
STARTS = 10  # of k-means


@dataclass(frozen=True)
class SpectralMasks:
    """The clusters of one image for several k.

    Attributes:
        labels: (len(ks), h, w) int64, the cluster of each patch, for each k
            in the order they were asked for; numbered from 0 in the order of
            their first patch, row by row.
        masks: (M, h, w) bool, all clusters of all k, in connected parts if
            that was asked for. They overlap.
        ks: (M,) int64, the k that each mask is of.
        eigenvalues: (max(ks),) float64, rising from 0, what was clustered;
            empty where the features have no structure, and so no masks.
    """

    labels: NDArray[np.int64]
    masks: NDArray[np.bool_]
    ks: NDArray[np.int64]
    eigenvalues: NDArray[np.float64]


def spectral_masks(
    features: ArrayLike,
    ks: Sequence[int] = KS,
    split: bool = True,
    seed: int = 0,
    tau: float | None = None,
) -> SpectralMasks:
    """Cluster the patches of an image into k parts, for several k.

    Args:
        features: (C, h, w) float, any scale.
        ks: Numbers of clusters, each at least 2, different ones, no more
            than there are patches. Defaults to 2, 3, 4, 5 and 6 (paper,
            Table 1).
        split: Whether the 4-connected parts of a cluster are masks of their
            own (paper, Sec. 3; ablated in Table 6). Defaults to True.
        seed: Of the starts of k-means. The same seed gives the same masks.
            Defaults to 0.
        tau: None for the graph of the paper, where an edge weighs the cosine
            of its patches, negative ones 0; or a threshold in [0, 1], for
            the graph of two weights of MaskCut. Defaults to None.

    Returns:
        :class:`SpectralMasks`. Where patches have fewer than k looks there
        are fewer than k clusters. Where all have one look, or no features at
        all, labels are 0 and there is no mask.

    Raises:
        ValueError: If `features` is not (C, h, w) and finite, has one patch,
            or fewer patches than `ks` asks for.
        ImportError: If scikit-learn is not installed.
    """
    cosines = affinity(features)
    numbers = check_ks(ks)
    grid = _check_grid(np.shape(features)[1:], numbers)
    if float(np.ptp(cosines)) <= NEGLIGIBLE:
        return SpectralMasks(
            np.zeros((len(numbers), *grid), np.int64),
            np.zeros((0, *grid), bool),
            np.zeros(0, np.int64),
            np.zeros(0),
        )
    found = cut_eigenvectors(cosines, max(numbers), tau)
    telling = found.eigenvectors[found.eigenvalues < 1 - NEGLIGIBLE]
    labels = np.stack(
        [_cluster(telling[:k], k, seed) for k in numbers]
    ).reshape(-1, *grid)
    masks, sources = [], []
    for k, of_k in zip(numbers, labels, strict=True):
        parts = masks_of(of_k, split)
        masks.append(parts)
        sources += [k] * len(parts)
    return SpectralMasks(
        labels,
        np.concatenate(masks),
        np.array(sources, np.int64),
        found.eigenvalues,
    )


def masks_of(labels: ArrayLike, split: bool = True) -> NDArray[np.bool_]:
    """The clusters of one k as masks.

    Args:
        labels: (h, w) int.
        split: Whether 4-connected parts are masks of their own. Defaults to
            True.

    Returns:
        (M, h, w) bool, by cluster, and by the first patch of a part. They
        cover the grid, and none is empty.
    """
    clusters = np.asarray(labels)
    masks = []
    for number in np.unique(clusters):
        cluster = clusters == number
        if not split:
            masks.append(cluster)
            continue
        parts, count = label(cluster)
        masks += [parts == part for part in range(1, count + 1)]
    return np.array(masks, bool).reshape(-1, *clusters.shape)


def _cluster(
    eigenvectors: NDArray[np.float64], k: int, seed: int
) -> NDArray[np.int64]:
    """(k or fewer, n) -> (n,) clusters, by k-means of rows at length 1.

    The symmetric eigenvectors of Ng et al. are the generalised ones times
    the root of each node's degree, which the length takes out again.
    """
    try:
        from sklearn.cluster import KMeans
    except ImportError as error:
        raise ImportError(
            'Spectral clustering needs scikit-learn: `pip install '
            'scikit-learn`'
        ) from error
    rows = eigenvectors.T
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    # Rows that only rounding tells apart are one point: no more clusters
    # than points can be had.
    points, point_of = np.unique(
        np.round(rows, 6), axis=0, return_inverse=True
    )
    if len(points) <= k:
        return _in_order(point_of.ravel())
    means = KMeans(k, n_init=STARTS, random_state=seed).fit(rows)
    return _in_order(means.labels_)


def _in_order(clusters: NDArray[np.integer]) -> NDArray[np.int64]:
    """Numbers clusters by their first patch."""
    values, first = np.unique(clusters, return_index=True)
    rank = np.empty(int(values.max()) + 1, np.int64)
    rank[values[np.argsort(first)]] = np.arange(len(values))
    return rank[clusters]


def check_ks(ks: Sequence[int]) -> list[int]:
    """Numbers of clusters, or ValueError.

    Args:
        ks: See :func:`spectral_masks`.

    Raises:
        ValueError: If they are not different integers of at least 2.
    """
    integers = all(
        isinstance(k, (int, np.integer)) and not isinstance(k, bool)
        for k in ks
    )
    if not integers or not len(ks) or min(ks) < 2 or len(set(ks)) < len(ks):
        raise ValueError(
            'Expected argument `ks` to be different integers, each at least '
            f'2, but got {list(ks)}.'
        )
    return [int(k) for k in ks]


def _check_grid(shape: tuple[int, ...], ks: Sequence[int]) -> tuple[int, int]:
    """(h, w) of features that can be cut into so many, or ValueError."""
    number = shape[0] * shape[1]
    if number < 2:
        raise ValueError(
            'Expected argument `features` to have at least 2 patches, but '
            f'got a grid of {shape[0]} x {shape[1]}.'
        )
    if max(ks) > number:
        raise ValueError(
            'Expected argument `ks` to ask for no more clusters than there '
            f'are patches ({number}), but got {list(ks)}.'
        )
    return shape[0], shape[1]
