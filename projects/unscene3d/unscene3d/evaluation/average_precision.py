"""Average precision of instances in scans, by ScanNet's protocol.

Class-agnostic, on the vertices of the whole scan (Sec. 5):

- an instance of fewer than ``min_vertices`` vertices is no truth, and a
  prediction of fewer is none;
- a true instance is found by a prediction whose IoU with it is above the
  threshold; of several the most confident is right, the others are wrong;
- a prediction that finds nothing is wrong, unless more than the threshold's
  share of its vertices has no truth or lies in instances that are too small;
- AP is the sum of precision times the width of recall around each score, as
  the benchmark has it, and the mean over IoU 0.50, 0.55, … 0.90: the
  benchmark leaves 0.95 out, though papers write "to 0.95".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ..structures import NO_INSTANCE

Background = Literal['ignored', 'wrong']

#: Of AP, in percent of IoU; beside AP50, AP25 is told.
THRESHOLDS = tuple(range(50, 95, 5))


@dataclass(frozen=True)
class SceneMatches:
    """What counts of one scene at one threshold.

    Attributes:
        scores (np.ndarray): (M,) of predictions that count.
        right (np.ndarray): (M,) bool.
        missed (int): True instances that nothing finds.
    """

    scores: np.ndarray
    right: np.ndarray
    missed: int


class SceneAveragePrecision:
    """Collects scenes, then tells AP, AP50 and AP25.

    Args:
        min_vertices (int): Of an instance that counts. Defaults to 100.
        background (str): What becomes of predictions on vertices without
            truth: 'ignored' as in the benchmark, or 'wrong' (ours), which
            needs a truth that names all objects. Defaults to 'ignored'.

    Raises:
        ValueError: If a setting is out of range.
    """

    def __init__(
        self, min_vertices: int = 100, background: Background = 'ignored'
    ) -> None:
        if min_vertices < 1:
            raise ValueError(
                'Expected argument `min_vertices` to be at least 1, but got '
                f'{min_vertices}.'
            )
        if background not in get_args(Background):
            raise ValueError(
                'Expected argument `background` to be one of '
                f'{get_args(Background)}, but got {background!r}.'
            )
        self.min_vertices = min_vertices
        self.background = background
        self.scenes: list[dict[int, SceneMatches]] = []

    def add(
        self,
        masks: np.ndarray,
        scores: np.ndarray,
        truth: np.ndarray,
        name: str = 'scene',
    ) -> None:
        """Take a scene of n vertices.

        Args:
            masks (np.ndarray): (N, n) bool, predictions; they may overlap.
            scores (np.ndarray): (N,) float.
            truth (np.ndarray): (n,) int, instance of each vertex, 0 = none.
            name (str): For messages. Defaults to 'scene'.

        Raises:
            ValueError: If they do not belong to one scene, or a score is
                NaN.
        """
        _check(masks, scores, truth, name)
        self.scenes.append(self.matches(masks, scores, truth))

    def matches(
        self, masks: np.ndarray, scores: np.ndarray, truth: np.ndarray
    ) -> dict[int, SceneMatches]:
        """What counts of a scene, for each threshold in percent.

        Args:
            masks (np.ndarray): See :meth:`add`.
            scores (np.ndarray): See :meth:`add`.
            truth (np.ndarray): See :meth:`add`.
        """
        big = masks.sum(axis=1) >= self.min_vertices
        masks, scores = masks[big], np.asarray(scores, np.float64)[big]
        ids, index = np.unique(truth, return_inverse=True)
        common = np.array(
            [np.bincount(index[mask], minlength=len(ids)) for mask in masks],
            np.int64,
        ).reshape(len(masks), len(ids))
        sizes, areas = np.bincount(index), common.sum(axis=1)
        iou = common / (areas[:, None] + sizes - common)
        nothing = ids == NO_INSTANCE
        small = ~nothing & (sizes < self.min_vertices)
        ignored = small | nothing
        if self.background == 'wrong':
            ignored = small
        share = common[:, ignored].sum(axis=1) / np.maximum(areas, 1)
        instances = iou[:, ~nothing & ~small]
        all_instances = iou[:, ~nothing]
        return {
            threshold: _match(
                instances, all_instances, share, scores, threshold / 100
            )
            for threshold in (*THRESHOLDS, 25)
        }

    def compute(self) -> dict[str, float]:
        """AP, AP50 and AP25 of all scenes, in percent.

        Returns:
            dict[str, float]: NaN where there is no true instance.
        """
        values = {
            threshold: 100
            * _average_precision([s[threshold] for s in self.scenes])
            for threshold in (*THRESHOLDS, 25)
        }
        mean = float(np.mean([values[threshold] for threshold in THRESHOLDS]))
        return {'AP': mean, 'AP50': values[50], 'AP25': values[25]}


def evaluate_scenes(
    predictions: Sequence[tuple[np.ndarray, np.ndarray]],
    truths: Sequence[np.ndarray],
    min_vertices: int = 100,
    background: Background = 'ignored',
) -> dict[str, float]:
    """AP, AP50 and AP25 of some scenes, in percent.

    Args:
        predictions (Sequence): For each scene masks (N, n) bool and scores
            (N,).
        truths (Sequence[np.ndarray]): For each scene (n,) int, 0 = none.
        min_vertices (int): See :class:`SceneAveragePrecision`. Defaults to
            100.
        background (str): See there. Defaults to 'ignored'.

    Returns:
        dict[str, float]: NaN where there is no true instance.

    Raises:
        ValueError: See :meth:`SceneAveragePrecision.add`.
    """
    measure = SceneAveragePrecision(min_vertices, background)
    pairs = zip(predictions, truths, strict=True)
    for number, ((masks, scores), truth) in enumerate(pairs):
        measure.add(masks, scores, truth, f'scene {number}')
    return measure.compute()


def _check(
    masks: np.ndarray, scores: np.ndarray, truth: np.ndarray, name: str
) -> None:
    if masks.ndim != 2 or masks.dtype != bool:
        raise ValueError(
            f'{name}: expected masks of shape (N, n), bool, but got '
            f'{masks.shape} of {masks.dtype}.'
        )
    if np.shape(truth) != masks.shape[1:]:
        raise ValueError(
            f'{name}: expected truth for {masks.shape[1]} vertices, those of '
            f'the predictions, but got shape {np.shape(truth)}: is it of '
            'another scene?'
        )
    if np.shape(scores) != masks.shape[:1] or np.isnan(scores).any():
        raise ValueError(
            f'{name}: expected a score for each of {len(masks)} predictions, '
            f'none NaN, but got shape {np.shape(scores)} with '
            f'{int(np.isnan(scores).sum())} NaN.'
        )


def _match(
    iou: np.ndarray,
    iou_with_all: np.ndarray,
    ignored: np.ndarray,
    scores: np.ndarray,
    threshold: float,
) -> SceneMatches:
    """Match predictions (rows) with true instances (columns)."""
    above = iou > threshold
    taken = np.zeros(len(scores), bool)
    found: list[float] = []
    wrong: list[float] = []
    missed = 0
    for column in above.T:
        candidates = np.flatnonzero(column & ~taken)
        if not len(candidates):
            missed += 1
            continue
        # Only the first one is used up: at an IoU below one half the others
        # may find another instance.
        taken[candidates[0]] = True
        values = sorted(scores[candidates], reverse=True)
        found.append(values[0])
        wrong += values[1:]
    alone = ~(iou_with_all > threshold).any(axis=1) & (ignored <= threshold)
    wrong += scores[alone].tolist()
    return SceneMatches(
        np.array(found + wrong),
        np.arange(len(found) + len(wrong)) < len(found),
        missed,
    )


def _average_precision(scenes: Sequence[SceneMatches]) -> float:
    """The area below precision over recall; NaN without truth."""
    missed = sum(scene.missed for scene in scenes)
    scores = np.concatenate([np.zeros(0), *(s.scores for s in scenes)])
    right = np.concatenate([np.zeros(0, bool), *(s.right for s in scenes)])
    number = missed + int(right.sum())
    if not number:
        return float('nan')
    if not len(scores):
        return 0.0
    levels = np.unique(scores)
    at_least = scores[None] >= levels[:, None]
    true = (at_least & right).sum(axis=1)
    precision = np.append(true / at_least.sum(axis=1), 1.0)
    recall = np.append(true / number, 0.0)
    around = np.concatenate([recall[:1], recall, [0.0]])
    widths = (around[:-2] - around[2:]) / 2
    return float(precision @ widths)
