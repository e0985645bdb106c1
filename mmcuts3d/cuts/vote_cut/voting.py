"""VoteCut's vote: proposals that overlap are one object, seen many times.

Clusters of proposals by IoU, and the patches that a share of each cluster
agrees on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._check import check_count, check_range
from ..pixel_masks import pairwise_iou


@dataclass(frozen=True)
class Cluster:
    """Proposals of one object.

    Attributes:
        pivot: Index of the proposal in their middle.
        members: (m,) int, indices of all of them.
    """

    pivot: int
    members: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True, kw_only=True)
class Voting:
    """How the proposals of all networks become masks.

    Args:
        min_iou: Two proposals that overlap by more are near. Defaults to 0.6
            (CuVLER's code).
        moves: How often the pivot of a cluster may move at most. Defaults to
            5 (CuVLER's code).
        min_votes: A patch is in the mask if more than this share of the
            cluster holds it. Defaults to 0.2 (CuVLER's README).
        max_masks: Clusters of an image that become masks at most. Defaults to
            10 (CuVLER's code).

    Raises:
        ValueError: On a setting out of range.
    """

    min_iou: float = 0.6
    moves: int = 5
    min_votes: float = 0.2
    max_masks: int = 10

    def __post_init__(self) -> None:
        check_range('min_iou', self.min_iou, 0, 1)
        check_count('moves', self.moves, 0)
        check_range('min_votes', self.min_votes, 0, 1)
        check_count('max_masks', self.max_masks)
        for name in ('min_iou', 'min_votes'):
            # No share is above 1: not even equal proposals would be near.
            if getattr(self, name) == 1:
                raise ValueError(
                    f'Expected argument `{name}` to be below 1, but got 1.'
                )

    def clusters(self, masks: NDArray[np.bool_]) -> list[Cluster]:
        """Cluster proposals, those with the most others near them first.

        A cluster begins with a proposal and what is near it. Then the pivot
        moves to the member that overlaps the others most, what is near there
        joins, and so on until nothing does. A member belongs to the first
        cluster that takes it; where the pivot itself was taken before, there
        is no cluster, and its members are used up. Of proposals with equally
        many others near them the first begins.

        Args:
            masks: (n, h, w) bool, none of them empty.

        Returns:
            Up to `max_masks` clusters, as they are found.
        """
        overlaps = pairwise_iou(masks)
        near = overlaps > self.min_iou
        free = np.ones(len(masks), bool)
        found: list[Cluster] = []
        for start in np.argsort(-near.sum(axis=1), kind='stable'):
            if len(found) == self.max_masks:
                break
            if not free[start]:
                continue
            pivot, members = self._grow(int(start), overlaps, near)
            if free[pivot]:
                found.append(Cluster(pivot, np.flatnonzero(members & free)))
            free &= ~members
        return found

    def _grow(
        self,
        pivot: int,
        overlaps: NDArray[np.float64],
        near: NDArray[np.bool_],
    ) -> tuple[int, NDArray[np.bool_]]:
        """The pivot where it ends, and the members (n,) bool."""
        members = near[pivot].copy()
        for _ in range(self.moves):
            agreement = np.where(members, overlaps @ members, -np.inf)
            pivot = int(np.argmax(agreement))
            grown = members | near[pivot]
            if np.array_equal(grown, members):
                break
            members = grown
        return pivot, members

    def votes(
        self, masks: NDArray[np.bool_], cluster: Cluster
    ) -> NDArray[np.float32]:
        """(h, w) float32 in [0, 1], the share of a cluster for each patch."""
        share = masks[cluster.members].mean(axis=0)
        return np.asarray(share, np.float32)
