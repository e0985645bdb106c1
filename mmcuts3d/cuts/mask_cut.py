"""MaskCut (CutLER, Wang et al., 2023), the baseline, on one page.

Semantic groups are cut out of a patch graph, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import (
    check_choice,
    check_count,
    check_features,
    check_image,
    check_range,
)
from .cleanup import mask_iou, to_instances
from .dense_crf import check_crf
from .semantic.affinity import affinity, paint_out
from .semantic.bipartition import (
    CORNER_RULES,
    Bipartition,
    bipartition,
)
from .semantic.normalized_cut import SOLVERS, normalized_cut
from .types import CutStep, PseudoInstances


class MaskCut:
    """N semantic cuts of one image, without depth: the baseline.

    Args:
        num_instances: N, rounds per image. Defaults to 3 (supplement,
            Table 7).
        tau_ncut: Threshold of the affinity. Defaults to 0.15 (MaskCut).
        eps: Weight of edges below it. Defaults to 1e-5 (MaskCut).
        max_iou: A mask that overlaps the one before by more is not kept.
            Defaults to 0.5 (MaskCut).
        min_area: Nor is one of at most this share of the grid.
            Defaults to 0.01 (MaskCut).
        corner_rule: See :func:`bipartition`. ``'published'`` depends on the
            sign that LAPACK gives an eigenvector, which
            :func:`normalized_cut` reproduces. Defaults to 'published'.
        solver: See :func:`normalized_cut`. Defaults to 'lanczos'.
        crf: Whether to refine by the dense CRF, or its settings.
            Defaults to True.
        min_crf_iou: See :func:`refine_mask`. Defaults to 0.5 (MaskCut).

    Raises:
        ValueError: On a setting out of range.
    """

    def __init__(
        self,
        *,
        num_instances: int = 3,
        tau_ncut: float = 0.15,
        eps: float = 1e-5,
        max_iou: float = 0.5,
        min_area: float = 0.01,
        corner_rule: str = 'published',
        solver: str = 'lanczos',
        crf: bool | Mapping[str, float] = True,
        min_crf_iou: float = 0.5,
    ) -> None:
        self.num_instances = check_count('num_instances', num_instances)
        self.tau_ncut = check_range('tau_ncut', tau_ncut, 0, 1)
        self.eps = check_range('eps', eps, 0, 1, open_low=True)
        self.max_iou = check_range('max_iou', max_iou, 0, 1)
        self.min_area = check_range('min_area', min_area, 0, 1)
        self.corner_rule = check_choice(
            'corner_rule', corner_rule, CORNER_RULES
        )
        self.solver = check_choice('solver', solver, SOLVERS)
        self.crf = check_crf(crf)
        self.min_crf_iou = check_range('min_crf_iou', min_crf_iou, 0, 1)

    def __call__(
        self, image: ArrayLike, features: ArrayLike
    ) -> PseudoInstances:
        """Label one image.

        Args:
            image: (H, W, 3) uint8 RGB.
            features: (C, h, w) float, dense features of the same frame.

        Returns:
            :class:`PseudoInstances`, at most N; every score is 1.

        Raises:
            ValueError: On an argument of another shape, type or range.
        """
        pixels = check_image(image)
        return to_instances(
            pixels, self.steps(features), self.crf, self.min_crf_iou
        )

    def steps(self, features: ArrayLike) -> list[CutStep]:
        """The N rounds on the patch grid; see :class:`CutStep`.

        A rejected mask paints nothing and counts as an empty "mask before",
        so that the next round repeats its cut and may keep it: MaskCut's
        published code does so, and this is its baseline. One thing is ours:
        where what is left has no structure the rounds end, in which the
        published code cuts noise.
        """
        array = check_features(features)
        painted = np.zeros(array.shape[1:], bool)
        before = painted
        graph = affinity(array)
        steps: list[CutStep] = []
        for _ in range(self.num_instances):
            graph = paint_out(graph, painted)
            if has_no_structure(graph, self.tau_ncut, painted):
                return steps or [no_cut(painted.shape)]
            cut, eigenvalue = self._semantic_cut(graph, painted.shape)
            mask = cut.component
            status = self._judge(mask, [before] if steps else [])
            before = mask if status == 'accepted' else np.zeros_like(mask)
            painted = painted | before
            steps.append(
                CutStep(
                    eigenvector=cut.eigenvector,
                    bipartition=mask,
                    local_cut=mask,
                    confidence=mask.astype(np.float32),
                    seed=cut.seed,
                    status=status,
                    eigenvalue=eigenvalue,
                )
            )
        return steps

    def _semantic_cut(
        self, graph: NDArray[np.float32], grid: tuple[int, ...]
    ) -> tuple[Bipartition, float]:
        cut = normalized_cut(graph, self.tau_ncut, self.eps, self.solver)
        x = cut.eigenvector.reshape(grid)
        return bipartition(x, self.corner_rule), cut.eigenvalue

    def _judge(
        self, mask: NDArray[np.bool_], others: list[NDArray[np.bool_]]
    ) -> str:
        """The first mask is always kept; later ones by overlap and size."""
        if any(mask_iou(mask, other) > self.max_iou for other in others):
            return 'overlaps an earlier mask'
        if others and mask.mean() <= self.min_area:
            return 'too small'
        return 'accepted' if mask.any() else 'empty'


def has_no_structure(
    graph: NDArray[np.float32], tau: float, painted: NDArray[np.bool_]
) -> bool:
    """Whether all edges are alike, so that no cut is better than another.

    A flat image gives such a graph, or what is left of one when all objects
    are painted out: its second eigenvalue is not simple and any bipartition
    would be noise. So do fewer than two patches.

    Args:
        graph: (n, n) float.
        tau: Threshold of strong edges.
        painted: (h, w) bool, patches that were found. None of their edges is
            strong.
    """
    left = painted.size - int(np.count_nonzero(painted))
    strong = graph > tau
    num_strong = int(np.count_nonzero(strong)) - int(np.trace(strong))
    return left < 2 or num_strong in (0, left * (left - 1))


def no_cut(
    grid: tuple[int, ...], depth: NDArray[np.float32] | None = None
) -> CutStep:
    """The step of an image in which nothing can be cut."""
    return CutStep(
        eigenvector=np.zeros(grid, np.float32),
        bipartition=np.zeros(grid, bool),
        local_cut=np.zeros(grid, bool),
        confidence=np.zeros(grid, np.float32),
        seed=(0, 0),
        status='no structure',
        depth=depth,
    )
