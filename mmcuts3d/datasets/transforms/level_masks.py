"""Instance masks that carry Spatial Confidence through any transform.

To mmdet they are plain masks of 0 and 1: areas, boxes, targets and crops are
those of ``BitmapMasks``. Beside them ride confidence levels, uint8, 240 being
a confidence of 1, which follow every movement of their mask.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from mmdet.structures.mask import BitmapMasks
from scipy import ndimage

from mmcuts3d.cuts import box_of
from mmcuts3d.labels import CONFIDENCE_SCALE

Levels = npt.NDArray[np.uint8]


class LevelMasks(BitmapMasks):
    """mmdet's ``BitmapMasks`` with a confidence level at each pixel.

    ``masks`` are 0 and 1 and move exactly as mmdet moves them, with the
    interpolation that a transform asks for. ``levels`` move with nearest
    neighbours, so that no level arises that was not there; a pixel that
    interpolation adds to a mask takes the level of the nearest pixel of that
    mask.

    Args:
        masks (ndarray or list[ndarray]): Masks of shape (N, H, W), nonzero
            inside.
        height (int): Height in pixels.
        width (int): Width in pixels.
        levels (ndarray): Levels of shape (N, H, W), uint8: 1..240 inside the
            masks; what they are outside does not matter.
        scores (ndarray, optional): Of the pseudo-labels, shape (N,), in
            [0, 1]; they go where their mask goes. Defaults to None: 1.

    Raises:
        ValueError: If there are no levels, or they have another shape. A
            transform that builds new masks out of the old ones' pixels
            (albumentations) cannot keep them.
    """

    def __init__(
        self,
        masks: npt.NDArray[Any] | Sequence[npt.NDArray[Any]],
        height: int,
        width: int,
        levels: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
    ) -> None:
        if levels is None:
            raise ValueError(
                'Expected masks with confidence levels, but got masks alone: '
                'this transform builds new masks and loses the levels. Where '
                'it is Albu, leave `gt_masks` out of its `keymap` and let it '
                "change colors only; mmdet's own geometric transforms keep "
                'the levels.'
            )
        super().__init__(
            masks if isinstance(masks, np.ndarray) else list(masks),
            height,
            width,
        )
        self.masks = (self.masks > 0).astype(np.uint8)
        self._levels = np.asarray(levels, dtype=np.uint8).reshape(
            (-1, height, width) if len(self.masks) else (0, height, width)
        )
        if self._levels.shape != self.masks.shape:
            raise ValueError(
                'Expected argument `levels` to be of the shape '
                f'{self.masks.shape} of the masks, but got '
                f'{self._levels.shape}.'
            )
        if scores is None:
            scores = np.ones(len(self.masks))
        self.scores = np.asarray(scores, np.float32)
        if self.scores.shape != (len(self.masks),):
            raise ValueError(
                f'Expected argument `scores` to be {len(self.masks)} numbers, '
                f'one a mask, but got shape {self.scores.shape}.'
            )

    @classmethod
    def from_levels(
        cls,
        levels: Levels | Sequence[Levels],
        height: int,
        width: int,
        scores: npt.ArrayLike | None = None,
    ) -> 'LevelMasks':
        """Masks of levels: inside is where a level is above 0.

        Args:
            levels (ndarray or list[ndarray]): Levels of shape (N, H, W), 0
                outside the masks.
            height (int): Height in pixels.
            width (int): Width in pixels.
            scores (ndarray, optional): Shape (N,). Defaults to None: 1.

        Returns:
            LevelMasks: The masks.
        """
        stacked = np.asarray(levels, dtype=np.uint8).reshape(-1, height, width)
        return cls(stacked, height, width, stacked, scores)

    @property
    def levels(self) -> Levels:
        """ndarray: (N, H, W), uint8, 0 outside the masks, 1..240 inside.

        They follow what has been written into ``masks`` since.
        """
        inside = self.masks > 0
        kept = self._levels * inside
        if np.count_nonzero(kept) == np.count_nonzero(inside):
            return kept
        bare = inside & (kept == 0)
        for index in np.flatnonzero(bare.any(axis=(1, 2))):
            _fill(kept[index], bare[index], self._levels[index])
        return kept

    def __getitem__(self, index: Any) -> 'LevelMasks':
        """The masks at an index, an array of them, or a slice."""
        masks = self.masks[index].reshape(-1, self.height, self.width)
        levels = self._levels[index].reshape(masks.shape)
        scores = self.scores[index].reshape(-1)
        return type(self)(masks, self.height, self.width, levels, scores)

    def rescale(
        self, scale: Any, interpolation: str = 'nearest'
    ) -> 'LevelMasks':
        """See ``BitmapMasks.rescale``."""
        return self._moved(
            super().rescale(scale, interpolation),
            self._plain().rescale(scale, 'nearest'),
        )

    def resize(
        self, out_shape: tuple[int, int], interpolation: str = 'nearest'
    ) -> 'LevelMasks':
        """See ``BitmapMasks.resize``."""
        return self._moved(
            super().resize(out_shape, interpolation),
            self._plain().resize(out_shape, 'nearest'),
        )

    def flip(self, flip_direction: str = 'horizontal') -> 'LevelMasks':
        """See ``BitmapMasks.flip``."""
        return self._moved(
            super().flip(flip_direction), self._plain().flip(flip_direction)
        )

    def pad(
        self, out_shape: tuple[int, int], pad_val: int = 0
    ) -> 'LevelMasks':
        """See ``BitmapMasks.pad``."""
        return self._moved(
            super().pad(out_shape, pad_val), self._plain().pad(out_shape)
        )

    def crop(self, bbox: npt.NDArray[Any]) -> 'LevelMasks':
        """See ``BitmapMasks.crop``."""
        return self._moved(super().crop(bbox), self._plain().crop(bbox))

    def expand(
        self, expanded_h: int, expanded_w: int, top: int, left: int
    ) -> 'LevelMasks':
        """See ``BitmapMasks.expand``."""
        place = (expanded_h, expanded_w, top, left)
        return self._moved(
            super().expand(*place), self._plain().expand(*place)
        )

    def translate(
        self,
        out_shape: tuple[int, int],
        offset: Any,
        direction: str = 'horizontal',
        border_value: int = 0,
        interpolation: str = 'bilinear',
    ) -> 'LevelMasks':
        """See ``BitmapMasks.translate``."""
        way = (out_shape, offset, direction)
        return self._moved(
            super().translate(*way, border_value, interpolation),
            self._plain().translate(*way, 0, 'nearest'),
        )

    def shear(
        self,
        out_shape: tuple[int, int],
        magnitude: float,
        direction: str = 'horizontal',
        border_value: int = 0,
        interpolation: str = 'bilinear',
    ) -> 'LevelMasks':
        """See ``BitmapMasks.shear``."""
        way = (out_shape, magnitude, direction)
        return self._moved(
            super().shear(*way, border_value, interpolation),
            self._plain().shear(*way, 0, 'nearest'),
        )

    def rotate(
        self,
        out_shape: tuple[int, int],
        angle: float,
        center: tuple[float, float] | None = None,
        scale: float = 1.0,
        border_value: int = 0,
        interpolation: str = 'bilinear',
    ) -> 'LevelMasks':
        """See ``BitmapMasks.rotate``."""
        way = (out_shape, angle, center, scale)
        return self._moved(
            super().rotate(*way, border_value, interpolation),
            self._plain().rotate(*way, 0, 'nearest'),
        )

    @classmethod
    def cat(cls, masks: Sequence[BitmapMasks]) -> 'LevelMasks':
        """See ``BitmapMasks.cat``.

        Raises:
            ValueError: If some of the masks have no levels.
        """
        plain = [one for one in masks if not isinstance(one, LevelMasks)]
        if plain or not masks:
            raise ValueError(
                'Expected LevelMasks to join, but got '
                f'{[type(one).__name__ for one in masks]}: load the '
                'annotations of all images with '
                "dict(type='mmcuts3d.LoadPseudoLabels')."
            )
        joined = np.concatenate([one.masks for one in masks])
        levels = np.concatenate([one._levels for one in masks])
        scores = np.concatenate([one.scores for one in masks])
        return cls(joined, *joined.shape[1:], levels, scores)

    def _plain(self) -> BitmapMasks:
        """The levels, 0 outside, as something that mmdet moves."""
        return BitmapMasks(self.levels, self.height, self.width)

    def _moved(self, masks: BitmapMasks, levels: BitmapMasks) -> 'LevelMasks':
        """All masks, moved, with their levels that went along."""
        carried = levels.masks
        lost = masks.masks.any(axis=(1, 2)) & ~carried.any(axis=(1, 2))
        for index in np.flatnonzero(lost):
            # Interpolation left specks that nearest neighbours did not.
            before = self.levels[index]
            known = np.sort(before[before > 0])
            carried[index] = (
                known[len(known) // 2] if known.size else CONFIDENCE_SCALE
            )
        frame = (masks.height, masks.width)
        return type(self)(masks.masks, *frame, carried, self.scores)


def levels_of(masks: BitmapMasks) -> Levels:
    """Levels of any masks.

    Args:
        masks (BitmapMasks): Masks, with levels or without.

    Returns:
        ndarray: Levels of shape (N, H, W), uint8, 0 outside; 240 inside masks
        without levels.
    """
    if isinstance(masks, LevelMasks):
        return masks.levels
    return (masks.masks > 0).astype(np.uint8) * np.uint8(CONFIDENCE_SCALE)


def scores_of(masks: BitmapMasks) -> npt.NDArray[np.float32]:
    """Scores of any masks, (N,); 1 for masks without."""
    if isinstance(masks, LevelMasks):
        return masks.scores
    return np.ones(len(masks), np.float32)


def masks_like(
    masks: BitmapMasks,
    levels: Levels,
    scores: npt.NDArray[np.float32] | None = None,
) -> BitmapMasks:
    """Masks of levels, of the kind of others.

    Args:
        masks (BitmapMasks): The others, with levels or without.
        levels (ndarray): Levels of shape (M, H, W), 0 outside.
        scores (ndarray, optional): Shape (M,). Defaults to None: 1.

    Returns:
        BitmapMasks: M masks, LevelMasks where the others are.
    """
    frame = (masks.height, masks.width)
    if isinstance(masks, LevelMasks):
        return LevelMasks.from_levels(levels, *frame, scores)
    return BitmapMasks((levels > 0).astype(np.uint8), *frame)


def mean_confidence(levels: npt.NDArray[np.uint8]) -> float:
    """Mean Spatial Confidence of a mask, the score that sorts masks.

    Args:
        levels (ndarray): Levels of shape (H, W), 0 outside the mask.

    Returns:
        float: The mean inside the mask, in [0, 1]; 0 for an empty mask.
    """
    inside = levels[levels > 0]
    return float(inside.mean()) / CONFIDENCE_SCALE if inside.size else 0.0


def _fill(kept: Levels, bare: npt.NDArray[np.bool_], levels: Levels) -> None:
    """Give pixels without a level that of the nearest pixel with one.

    Args:
        kept (ndarray): Levels of a mask, shape (H, W), changed in place.
        bare (ndarray): Its pixels without a level, shape (H, W), bool.
        levels (ndarray): Levels to take, shape (H, W), 0 where there is none.
            Where none is anywhere, 240 is taken, a confidence of 1.
    """
    source = kept if kept.any() else levels
    if not source.any():
        kept[bare] = CONFIDENCE_SCALE
        return
    # Only where the mask and the levels are: the whole image takes long.
    x1, y1, x2, y2 = (int(side) for side in box_of(bare | (source > 0)))
    box = (slice(y1, y2), slice(x1, x2))
    nearest = ndimage.distance_transform_edt(
        source[box] == 0, return_distances=False, return_indices=True
    )
    filled = source[box][tuple(nearest)]
    kept[box] = np.where(bare[box], filled, kept[box])
