"""VoteCut (CuVLER, Arica et al., 2024), the baseline, on one page.

Several networks see one image; what their normalized cuts agree on is an
object, and how many agree is its score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import (
    check_arguments,
    check_features,
    check_image,
    check_literal,
    check_part,
    grid_of,
)
from ..pixel_masks import box_of, peak, resize_nearest
from ..types import (
    LOST_TO_CRF,
    NO_PROPOSAL,
    VANISHED,
    CutStep,
    PseudoInstances,
    no_cut,
)
from .fitting import VoteFitting
from .proposals import ProposalCut, Proposals
from .voting import Cluster, Voting

Score = Literal['largest', 'networks']
Confidence = Literal['none', 'votes']

#: The parts of :class:`VoteCut`, by the names of their arguments.
PARTS: Mapping[str, type] = {
    'proposals': ProposalCut,
    'voting': Voting,
    'refine': VoteFitting,
}


class VoteCut:
    """Masks of one image that the features of several networks vote for.

    From each network proposals (:class:`ProposalCut`); the proposals of all,
    brought to the finest grid, are clustered by overlap, and each cluster
    votes on its mask (:class:`Voting`), which a CRF fits to the image
    (:class:`VoteFitting`). Each part is given as an object or as its settings
    by name.

    Beside the published code: k-means is solved exactly, where that draws ten
    starts; and equal counts are settled by the order of the networks.

    Args:
        proposals: :class:`ProposalCut`. Defaults to None: its defaults.
        voting: :class:`Voting`. Defaults to None: its defaults.
        refine: :class:`VoteFitting`. Defaults to None: its defaults.
        score: Of a mask: ``'largest'``, the size of its cluster as a share of
            the largest one of the image, as published, so that the best mask
            of every image has 1; or ``'networks'``, ours, the share of the
            networks that proposed it. Defaults to 'largest'.
        confidence: ``'none'``, as published, which has one number for a mask;
            or ``'votes'``, ours, the share of its cluster for each patch as a
            confidence map. Defaults to 'none'.

    Raises:
        ValueError: On a setting of another name or out of range.
    """

    def __init__(
        self,
        *,
        proposals: ProposalCut | Mapping[str, Any] | None = None,
        voting: Voting | Mapping[str, Any] | None = None,
        refine: VoteFitting | Mapping[str, Any] | None = None,
        score: Score = 'largest',
        confidence: Confidence = 'none',
    ) -> None:
        self.proposals = check_part('proposals', proposals, ProposalCut)
        self.voting = check_part('voting', voting, Voting)
        self.refine = check_part('refine', refine, VoteFitting)
        self.score = check_literal('score', score, Score)
        self.confidence = check_literal('confidence', confidence, Confidence)

    @classmethod
    def from_settings(cls, **settings: Any) -> VoteCut:
        """VoteCut by settings of whose names one cannot be sure: a config's.

        Args:
            **settings: Arguments of :class:`VoteCut`.

        Raises:
            ValueError: On another name, or settings out of range.
        """
        check_arguments(cls, settings, PARTS)
        return cls(**settings)

    @property
    def has_confidences(self) -> bool:
        """Whether the masks have confidence maps."""
        return self.confidence == 'votes'

    def __call__(
        self, image: ArrayLike, features: Sequence[ArrayLike]
    ) -> PseudoInstances:
        """Label one image.

        Args:
            image: (H, W, 3) uint8 RGB.
            features: For each network (C, h, w) float, dense features of the
                same frame; their grids may differ.

        Returns:
            :class:`PseudoInstances` on the finest grid, the highest score
            first; none where no network sees structure. A step is a cluster:
            its `eigenvector` and `semantic_mask` are those of the pivot, its
            `local_cut` is what the cluster voted for.

        Raises:
            ValueError: On an argument of another shape, type or range.
        """
        pixels = check_image(image)
        seen = [self.proposals(one) for one in check_list(features)]
        masks, network_of, grid = on_finest_grid(seen)
        clusters = self.voting.clusters(masks)
        scores = self._scores(clusters, network_of, len(seen))
        steps = [
            self._step(masks, cluster, seen[network_of[cluster.pivot]])
            for cluster in clusters
        ]
        if not steps:
            steps = [_nothing(seen, grid)]
            scores = np.zeros(1)
        # Stable: of equal scores the cluster that was found first.
        order = np.argsort(-scores, kind='stable')
        return self._instances(
            pixels, [steps[place] for place in order], scores[order]
        )

    def _step(
        self,
        masks: NDArray[np.bool_],
        cluster: Cluster,
        pivot_of: Proposals,
    ) -> CutStep:
        votes = self.voting.votes(masks, cluster)
        voted = np.asarray(votes > self.voting.min_votes)
        pivot = masks[cluster.pivot]
        vector = resize_nearest(pivot_of.eigenvector, grid_of(voted))
        # As signed for the pivot: it may lie on the low side.
        if vector[pivot].mean() < vector.mean():
            vector = -vector
        seed = peak(np.where(pivot, vector, -np.inf))
        return CutStep(
            eigenvector=vector,
            semantic_mask=pivot,
            local_cut=voted,
            confidence=np.where(voted, votes, np.float32(0))
            if self.has_confidences
            else None,
            seed=(seed // voted.shape[1], seed % voted.shape[1]),
            eigenvalue=pivot_of.eigenvalue,
        )

    def _scores(
        self,
        clusters: Sequence[Cluster],
        network_of: NDArray[np.intp],
        networks: int,
    ) -> NDArray[np.float64]:
        sizes = np.array([len(cluster) for cluster in clusters], float)
        if self.score == 'largest':
            return np.asarray(sizes / sizes.max(initial=1))
        proposed = [
            len(np.unique(network_of[cluster.members])) for cluster in clusters
        ]
        return np.asarray(np.array(proposed) / networks, float)

    def _instances(
        self,
        image: NDArray[np.uint8],
        steps: Sequence[CutStep],
        scores: NDArray[np.float64],
    ) -> PseudoInstances:
        told: list[CutStep] = []
        kept: list[int] = []
        pixels: list[NDArray[np.bool_]] = []
        for place, step in enumerate(steps):
            if not step.accepted:
                told.append(step)
                continue
            mask = self.refine(image, step.local_cut)
            if mask is None or not mask.any():
                lost = LOST_TO_CRF if mask is None else VANISHED
                told.append(replace(step, status=lost))
                continue
            told.append(replace(step, instance=len(kept)))
            kept.append(place)
            pixels.append(mask)
        if not kept:
            size, grid = grid_of(image[..., 0]), grid_of(steps[0].local_cut)
            none = PseudoInstances.empty(size, grid, self.has_confidences)
            return replace(none, steps=tuple(told))
        maps = [steps[place].confidence for place in kept]
        return PseudoInstances(
            masks=np.stack(pixels),
            patch_masks=np.stack([steps[place].local_cut for place in kept]),
            scores=scores[kept].astype(np.float32),
            confidences=np.stack([one for one in maps if one is not None])
            if self.has_confidences
            else None,
            boxes=np.stack([box_of(mask) for mask in pixels]),
            steps=tuple(told),
        )


def _nothing(seen: Sequence[Proposals], grid: tuple[int, int]) -> CutStep:
    """The step of an image in which nothing was proposed."""
    flat = all(np.isnan(one.eigenvalue) for one in seen)
    step = no_cut(grid)
    return step if flat else replace(step, status=NO_PROPOSAL)


def check_list(features: Any) -> list[NDArray[np.float32]]:
    """(C, h, w) float for each of one or more networks, or ValueError."""
    if not isinstance(features, (list, tuple)) or not features:
        shape = getattr(features, 'shape', None)
        got = type(features).__name__
        if shape is not None:
            got = f'one array of shape {tuple(shape)}'
        elif isinstance(features, (list, tuple)):
            got = 'none'
        raise ValueError(
            'Expected argument `features` to be a list of one or more '
            f'(C, h, w), one for each network, but got {got}.'
        )
    return [
        check_features(one, f'features[{place}]')
        for place, one in enumerate(features)
    ]


def on_finest_grid(
    seen: Sequence[Proposals],
) -> tuple[NDArray[np.bool_], NDArray[np.intp], tuple[int, int]]:
    """The proposals of all networks on one grid.

    Args:
        seen: Of each network, at least one.

    Returns:
        (n, h, w) bool, the proposals in the order of the networks; (n,) int,
        the network of each; and (h, w), the most patches of any of them on
        either side.
    """
    shapes = [one.eigenvector.shape for one in seen]
    grid = (max(s[0] for s in shapes), max(s[1] for s in shapes))
    masks = [resize_nearest(mask, grid) for one in seen for mask in one.masks]
    numbers = [len(one.masks) for one in seen]
    network_of = np.repeat(np.arange(len(seen)), numbers)
    return np.array(masks, bool).reshape(-1, *grid), network_of, grid
