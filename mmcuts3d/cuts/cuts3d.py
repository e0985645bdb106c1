"""CutS3D (Sick et al., 2025), the method, on one page.

As in MaskCut a patch graph is cut N times; here the graph is sharpened at
depth edges (§3.3), each semantic group is cut again in 3D (§3.2), and every
patch gets a confidence (§3.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import (
    check_choice,
    check_features,
    check_image,
    check_range,
    check_unit_depth,
    grid_of,
)
from .cleanup import SCORES, mask_iou, to_instances
from .mask_cut import MaskCut, has_no_structure, no_cut
from .semantic.affinity import affinity, paint_out
from .semantic.bipartition import Bipartition, component_of
from .semantic.spatial_importance import (
    PAIR_RULES,
    sharpen,
    spatial_importance,
)
from .spatial.local_cut import LocalCut
from .spatial.point_cloud import POOLINGS, pool_depth
from .spatial.spatial_confidence import spatial_confidence, sweep_taus
from .types import CutStep, PseudoInstances

COMPLEMENT_IOU = 0.99
TOO_COSTLY = 'the cut costs too much'
NOT_APART = 'not apart from what is around it'


class CutS3D(MaskCut):
    """N semantic cuts, each cut again in 3D, with Spatial Confidence.

    Args:
        num_instances: N. Defaults to 3 (supplement, Table 7).
        tau_ncut: Threshold of the sharpened affinity. Defaults to 0.13
            (Table 7).
        tau_knn: LocalCut's threshold. Defaults to 0.115 (Table 7).
        tau_knn_min: Lowest threshold of the sweep. Defaults to 0.05
            (Table 7).
        num_cuts: T, cuts of the sweep. Defaults to 6 (Table 7).
        beta: Lower bound of Spatial Importance. Defaults to 0.45 (Table 7).
        min_confidence: Floor of Spatial Confidence. Defaults to 0.5
            (Table 5c; supplement, Table 2a).
        sharpening: Whether to sharpen the affinity. Defaults to True.
        sigma: See :func:`spatial_importance`. Defaults to 3.
        pair_rule: See :func:`sharpen`. Defaults to 'mean'.
        k, z_scale, outside, capacity, sink, source, terminals, crease,
            crease_sigma, crease_noise: See :class:`LocalCut`, whose
            `min_side` is `min_area`.
        pooling: See :func:`pool_depth`. Defaults to 'median'.
        early_stop: IoU of a semantic cut (either side) with the rest of the
            image above which nothing is left to find. The threshold is not
            stated; an object of less than 1 - early_stop of the image can be
            lost by it. Defaults to 0.99, that is to `min_area`.
        paint: What leaves the graph after a round: the ``'local'`` cut or
            the whole ``'semantic'`` one. Defaults to 'local'.
        max_eigenvalue: Rounds end when the semantic cut costs more, so that
            `num_instances` can be a generous limit. Beyond the paper.
            Defaults to 2, never.
        min_separation: A mask whose border parts less in 3D
            (:meth:`LocalCut.separation`) is painted out and not kept: a
            piece of table is no object. Beyond the paper. Defaults to 0.
        score: Of an instance: ``'confidence'``, its mean Spatial Confidence
            (§3.4), or ``'separation'``, that times its separation. Defaults
            to 'confidence'.
        eps, max_iou, min_area, solver, crf, min_crf_iou: As in
            :class:`MaskCut`; overlap is held against all earlier masks, and
            size holds for the first mask too, and of a rejected cut the
            whole semantic group is painted out, or it would come again.
        crf_rest: See :func:`~mmcuts3d.cuts.cleanup.to_instances`. Defaults
            to 'unknown': a group was cut where colours are alike.
        corner_rule: Defaults to 'any_sign'.

    Raises:
        ValueError: On a setting out of range.
    """

    def __init__(
        self,
        *,
        num_instances: int = 3,
        tau_ncut: float = 0.13,
        tau_knn: float = 0.115,
        tau_knn_min: float = 0.05,
        num_cuts: int = 6,
        beta: float = 0.45,
        min_confidence: float = 0.5,
        sharpening: bool = True,
        sigma: float = 3.0,
        pair_rule: str = 'mean',
        k: int = 16,
        z_scale: float = 3.0,
        outside: str = 'drop',
        capacity: str = 'gaussian',
        sink: str = 'abs',
        source: str = 'large',
        terminals: str = 'discs',
        crease: float = 2.0,
        crease_sigma: float = 1.0,
        crease_noise: float = 5.0,
        pooling: str = 'median',
        early_stop: float = COMPLEMENT_IOU,
        paint: str = 'local',
        max_eigenvalue: float = 2.0,
        min_separation: float = 0.0,
        score: str = 'confidence',
        eps: float = 1e-5,
        max_iou: float = 0.5,
        min_area: float = 0.01,
        corner_rule: str = 'any_sign',
        solver: str = 'lanczos',
        crf: bool | Mapping[str, float] = True,
        min_crf_iou: float = 0.5,
        crf_rest: str = 'unknown',
    ) -> None:
        super().__init__(
            num_instances=num_instances,
            tau_ncut=tau_ncut,
            eps=eps,
            max_iou=max_iou,
            min_area=min_area,
            corner_rule=corner_rule,
            solver=solver,
            crf=crf,
            min_crf_iou=min_crf_iou,
        )
        self.local_cut = LocalCut(
            tau_knn=tau_knn,
            k=k,
            z_scale=z_scale,
            outside=outside,
            capacity=capacity,
            sink=sink,
            source=source,
            terminals=terminals,
            min_side=min_area,
            crease=crease,
            crease_sigma=crease_sigma,
            crease_noise=crease_noise,
        )
        self.taus = sweep_taus(tau_knn_min, tau_knn, num_cuts)
        self.beta = check_range('beta', beta, 0, 1)
        self.min_confidence = check_range(
            'min_confidence', min_confidence, 0, 1
        )
        self.sharpening = sharpening
        self.sigma = check_range('sigma', sigma, 0, open_low=True)
        self.pair_rule = check_choice('pair_rule', pair_rule, PAIR_RULES)
        self.pooling = check_choice('pooling', pooling, POOLINGS)
        self.crf_rest = check_choice(
            'crf_rest', crf_rest, ('unknown', 'background')
        )
        self.early_stop = check_range('early_stop', early_stop, 0, 1)
        self.paint = check_choice('paint', paint, ('local', 'semantic'))
        self.max_eigenvalue = check_range(
            'max_eigenvalue', max_eigenvalue, 0, 2
        )
        self.min_separation = check_range(
            'min_separation', min_separation, 0, 1
        )
        self.score = check_choice('score', score, SCORES)

    def __call__(  # type: ignore[override]
        self, image: ArrayLike, features: ArrayLike, depth: ArrayLike
    ) -> PseudoInstances:
        """Label one image.

        Args:
            image: (H, W, 3) uint8 RGB.
            features: (C, h, w) float, dense features of the same frame.
            depth: (H, W) or (h, w) float in [0, 1], 0 = nearest.

        Returns:
            :class:`PseudoInstances`, at most N.

        Raises:
            ValueError: On an argument of another shape, type or range.
        """
        pixels = check_image(image)
        grid = check_features(features).shape[1:]
        array = check_unit_depth(depth)
        if array.shape not in (pixels.shape[:2], grid):
            raise ValueError(
                'Expected argument `depth` to have the size of the image '
                f'{pixels.shape[:2]} or of the features {grid}, '
                f'but got {array.shape}.'
            )
        return to_instances(
            pixels,
            self.steps(features, array),
            self.crf,
            self.min_crf_iou,
            self.crf_rest,
            self.score,
        )

    def steps(  # type: ignore[override]
        self, features: ArrayLike, depth: ArrayLike
    ) -> list[CutStep]:
        """The rounds on the patch grid; see :class:`CutStep`.

        Args:
            features: (C, h, w) float.
            depth: (h, w) or finer, float in [0, 1], 0 = nearest.

        Returns:
            One to N steps; fewer than N where an early stop came.
        """
        array = check_features(features)
        grid_depth = pool_depth(depth, grid_of(array), self.pooling)
        graph = affinity(array)
        if self.sharpening:
            importance = spatial_importance(grid_depth, self.beta, self.sigma)
            graph = sharpen(graph, importance, self.pair_rule)
        painted = np.zeros(grid_depth.shape, bool)
        found: list[NDArray[np.bool_]] = []
        steps: list[CutStep] = []
        for _ in range(self.num_instances):
            graph = paint_out(graph, painted)
            if has_no_structure(graph, self.tau_ncut, painted):
                break
            cut, eigenvalue = self._semantic_cut(graph, painted.shape)
            if eigenvalue > self.max_eigenvalue:
                none = no_cut(painted.shape, grid_depth)
                none = replace(none, status=TOO_COSTLY, eigenvalue=eigenvalue)
                return steps or [none]
            if steps and is_complement(
                cut.foreground, painted, self.early_stop
            ):
                break
            group, seed = without_found(cut, painted)
            cuts = self.local_cut.sweep(
                group, cut.eigenvector, grid_depth, self.taus
            )
            mask = cuts[-1]
            separation = self.local_cut.separation(mask, grid_depth)
            status = self._judge(mask, found)
            if status == 'accepted' and separation < self.min_separation:
                status = NOT_APART
            if status == 'accepted':
                found.append(mask)
            only_local = self.paint == 'local' and status in (
                'accepted',
                NOT_APART,
            )
            painted = painted | (mask if only_local else group)
            steps.append(
                CutStep(
                    eigenvector=cut.eigenvector,
                    bipartition=group,
                    local_cut=mask,
                    confidence=spatial_confidence(
                        cuts, mask, self.min_confidence
                    ),
                    seed=seed,
                    status=status,
                    depth=grid_depth,
                    eigenvalue=eigenvalue,
                    separation=separation,
                )
            )
        return steps or [no_cut(painted.shape, grid_depth)]

    def _judge(
        self, mask: NDArray[np.bool_], others: list[NDArray[np.bool_]]
    ) -> str:
        """Size holds for the first mask too: a LocalCut can be trivial."""
        if mask.any() and mask.mean() <= self.min_area:
            return 'too small'
        return super()._judge(mask, others)


def without_found(
    cut: Bipartition, painted: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """The semantic group of the seed among the patches that are left.

    Painted-out patches weigh next to nothing, so that either side of a cut
    can hold them; they are found already and can be in no group (§3.1).

    Args:
        cut: The bipartition.
        painted: (h, w) bool.

    Returns:
        (h, w) bool, 4-connected, empty where nothing is left; and its seed.
    """
    left = cut.foreground & ~painted
    if not left.any():
        return left, cut.seed
    index = int(np.argmax(np.where(left, cut.eigenvector, -np.inf)))
    seed = (index // left.shape[1], index % left.shape[1])
    return component_of(left, seed), seed


def is_complement(
    foreground: NDArray[np.bool_],
    found: NDArray[np.bool_],
    threshold: float = COMPLEMENT_IOU,
) -> bool:
    """Whether a cut, either side of it, is all that was not found before.

    Then the cut predicts "the rest" and no object is left (§3.1).
    """
    return (
        max(mask_iou(foreground, ~found), mask_iou(~foreground, ~found))
        > threshold
    )
