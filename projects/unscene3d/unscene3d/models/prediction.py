"""Instances out of the masks and the objectness of queries."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from mmcuts3d.cuts import edge_connectivity

Components = Literal['all', 'largest', 'split']


@dataclass(frozen=True)
class PredictionRule:
    """How predictions are chosen.

    Attributes:
        score_thr (float): Least score. Defaults to 0.0.
        min_vertices (int): Smallest instance. Defaults to 100, that of
            ScanNet's evaluation.
        nms_iou_thr (float): Of two masks with a larger IoU on vertices the
            better one stays; 1 keeps all. Defaults to 0.6.
        components (str): What stays of a mask whose segments do not all
            touch: 'all', the 'largest' component, or each as an instance of
            its own, 'split'. Defaults to 'largest'.
        max_instances (int): Defaults to 100.
    """

    score_thr: float = 0.0
    min_vertices: int = 100
    nms_iou_thr: float = 0.6
    components: Components = 'largest'
    max_instances: int = 100

    def __post_init__(self) -> None:
        if self.components not in get_args(Components):
            raise ValueError(
                'Expected argument `components` to be one of '
                f'{get_args(Components)}, but got {self.components!r}.'
            )
        for name in ('score_thr', 'nms_iou_thr'):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(
                    f'Expected argument `{name}` to lie in [0, 1], but got '
                    f'{value}.'
                )

    def __call__(
        self,
        objectness: np.ndarray,
        probabilities: np.ndarray,
        sizes: np.ndarray,
        edges: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Choose the instances of a scene.

        Args:
            objectness (np.ndarray): (Q,) in [0, 1].
            probabilities (np.ndarray): (Q, s) of the segments, in [0, 1].
            sizes (np.ndarray): (s,) numbers of vertices.
            edges (np.ndarray): (e, 2) segments that touch.

        Returns:
            tuple: (N, s) bool masks and (N,) float32 scores, best first. A
            score is the objectness times the mean probability of the
            vertices inside.
        """
        masks = probabilities > 0.5
        owners = np.arange(len(masks))
        if self.components != 'all':
            masks, owners = _separated(masks, sizes, edges, self.components)
        numbers = masks @ sizes
        # float64: a sum of its own, whatever the number of queries.
        inside = ((probabilities[owners] * masks) @ sizes.astype(float)) / (
            np.maximum(numbers, 1)
        )
        scores = (objectness[owners] * inside).astype(np.float32)
        fit = (numbers >= max(self.min_vertices, 1)) & (
            scores >= self.score_thr
        )
        masks, scores = masks[fit], scores[fit]
        order = np.argsort(-scores, kind='stable')
        kept = order[_suppress(masks[order], sizes, self.nms_iou_thr)]
        kept = kept[: self.max_instances]
        return masks[kept], scores[kept]


def mask_iou(
    masks: np.ndarray, others: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """IoU of masks on the vertices of segments.

    Args:
        masks (np.ndarray): (N, s) bool.
        others (np.ndarray): (M, s) bool.
        sizes (np.ndarray): (s,) numbers of vertices.

    Returns:
        np.ndarray: (N, M) float64; 0 of two empty masks.
    """
    weighted = others * sizes.astype(np.float64)
    both = masks.astype(np.float64) @ weighted.T
    union = (masks @ sizes)[:, None] + weighted.sum(1) - both
    return both / np.maximum(union, 1)


def _separated(
    masks: np.ndarray, sizes: np.ndarray, edges: np.ndarray, rule: Components
) -> tuple[np.ndarray, np.ndarray]:
    """(N, s) components of masks, and (N,) whose they are."""
    found, owners = [], []
    connected = edge_connectivity(edges, masks.shape[1])
    for owner, mask in enumerate(masks):
        label = connected(mask)
        parts = np.unique(label[mask])
        if rule == 'largest' and len(parts):
            weight = np.bincount(label, sizes * mask)
            parts = parts[[weight[parts].argmax()]]
        found += [label == part for part in parts]
        owners += [owner] * len(parts)
    return (
        np.array(found, bool).reshape(len(found), masks.shape[1]),
        np.array(owners, np.int64),
    )


def _suppress(
    masks: np.ndarray, sizes: np.ndarray, iou_thr: float
) -> np.ndarray:
    """Indices of masks, best first, that no better one covers."""
    iou = mask_iou(masks, masks, sizes)
    kept: list[int] = []
    for index in range(len(masks)):
        if not (iou[index, kept] > iou_thr).any():
            kept.append(index)
    return np.array(kept, np.int64)
