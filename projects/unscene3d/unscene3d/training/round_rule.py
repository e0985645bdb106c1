"""Which predictions become pseudo-masks of the next round (Sec. 4.3)."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ..models.prediction import mask_iou
from ..structures import SceneInstances

Measure = Literal['share', 'iou']
Keep = Literal['original', 'all']


@dataclass(frozen=True)
class RoundRule:
    """Adds what is new of the predictions to the pseudo-masks.

    The most confident predictions are looked at, best first. One is added
    when it is new beside all masks that are there, those just added
    included. The paper prints neither K nor the threshold ("segment IoU").

    Attributes:
        max_new (int): Most new masks of a scene in a round. Defaults to 5.
        candidates (int): K, how many predictions are looked at. Defaults to
            20.
        min_score (float): Least score of a prediction. Defaults to 0.0.
        min_new (float): How much must be new, in [0, 1). Defaults to 0.5:
            more than half.
        measure (str): What is new: 'share', of the vertices of the mask that
            lie in no mask there is; or 'iou', 1 minus the largest IoU with
            one of these masks. Defaults to 'share'.
        keep (str): What new masks are added to: the 'original' pseudo-masks,
            M⁰, so that each round chooses its new masks again; or 'all', with
            the new masks of the rounds before. Defaults to 'original'.
    """

    max_new: int = 5
    candidates: int = 20
    min_score: float = 0.0
    min_new: float = 0.5
    measure: Measure = 'share'
    keep: Keep = 'original'

    def __post_init__(self) -> None:
        for name, kind in (('measure', Measure), ('keep', Keep)):
            if getattr(self, name) not in get_args(kind):
                raise ValueError(
                    f'Expected argument `{name}` to be one of '
                    f'{get_args(kind)}, but got {getattr(self, name)!r}.'
                )
        if not 0 <= self.min_new < 1:
            raise ValueError(
                'Expected argument `min_new` to be in [0, 1), but got '
                f'{self.min_new}.'
            )

    def __call__(
        self,
        original: SceneInstances,
        before: SceneInstances,
        predicted: SceneInstances,
        name: str = 'scene',
    ) -> SceneInstances:
        """The pseudo-masks of the next round.

        Args:
            original (SceneInstances): M⁰.
            before (SceneInstances): Those of the round that ends.
            predicted (SceneInstances): Its predictions, in any order.
            name (str): Of the scene, for messages. Defaults to 'scene'.

        Returns:
            SceneInstances: M⁰, or what was there before, then new masks.

        Raises:
            ValueError: If they are not of the same segments.
        """
        base = original if self.keep == 'original' else before
        of_vertex = original.segments.of_vertex
        for other in (before, predicted):
            if not np.array_equal(of_vertex, other.segments.of_vertex):
                raise ValueError(
                    f'{name}: expected masks of the same segments, but got '
                    f'{len(original.segments)} and {len(other.segments)} '
                    'segments, or others of the same number.'
                )
        sizes = original.segments.sizes
        order = np.argsort(-predicted.scores, kind='stable')
        masks, added = base.masks, []
        for index in order[: self.candidates]:
            if len(added) == self.max_new:
                break
            if predicted.scores[index] < self.min_score:
                break
            mask = predicted.masks[index]
            if mask.any() and self.newness(mask, masks, sizes) > self.min_new:
                masks = np.concatenate([masks, mask[None]])
                added.append(index)
        scores = np.concatenate([base.scores, predicted.scores[added]])
        return SceneInstances(
            masks, scores.astype(np.float32), original.segments
        )

    def newness(
        self, mask: np.ndarray, masks: np.ndarray, sizes: np.ndarray
    ) -> float:
        """How new a mask is beside others.

        Args:
            mask (np.ndarray): (s,) bool, not empty.
            masks (np.ndarray): (N, s) bool.
            sizes (np.ndarray): (s,) numbers of vertices.

        Returns:
            float: In [0, 1], 1 where there is no other mask.
        """
        if not len(masks):
            return 1.0
        if self.measure == 'iou':
            return 1 - float(mask_iou(mask[None], masks, sizes).max())
        fresh = mask & ~masks.any(axis=0)
        return float((fresh @ sizes) / (mask @ sizes))
