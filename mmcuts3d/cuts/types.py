"""What the methods give back: instances, and one step of cutting.

The shapes are checked at birth, so that a wrong one is found where it arises.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.floating]

# What can become of a step's mask.
ACCEPTED = 'accepted'
EMPTY = 'empty'
OVERLAPS = 'overlaps an earlier mask'
TOO_SMALL = 'too small'
NOT_APART = 'not apart from what is around it'
BACKGROUND = 'background, along the frame'
TOO_COSTLY = 'the cut costs too much'
NO_STRUCTURE = 'no structure'
NO_PROPOSAL = 'no proposal'
LOST_TO_CRF = 'lost to the CRF'
TAKEN = 'inside earlier masks'
VANISHED = 'smaller than a pixel'


def _check_shape(
    name: str, array: NDArray[np.generic], shape: Sequence[int | None]
) -> None:
    fits = array.ndim == len(shape) and all(
        want is None or want == got
        for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = tuple('any' if size is None else size for size in shape)
        raise ValueError(
            f'Expected argument `{name}` to have shape {wanted}, '
            f'but got {array.shape}.'
        )


@dataclass(frozen=True)
class CutStep:
    """One of the N steps of a method, as pictures and studies need it.

    Attributes:
        eigenvector: (h, w) float, oriented so that its seed is positive.
        semantic_mask: (h, w) bool, the semantic foreground that was cut.
        local_cut: (h, w) bool, the instance; equals the semantic mask
            where no depth is used.
        confidence: (h, w) float32, raw Spatial Confidence, multiples of 1/T
            in `local_cut` and 0 outside; None for a method without.
        seed: (row, column) of the patch at max ``|x|``.
        status: ``'accepted'``, or why the mask was not kept.
        depth: (h, w) float32 on the patch grid, or None without depth.
        eigenvalue: In [0, 2], what the semantic cut costs or, where it was
            not made for that, would have cost; NaN without structure.
        separation: How much of the border of `local_cut` parts in 3D, in
            [0, 1]; NaN without depth. See :func:`separation`.
        trust: How far the depth of the image counted, in (0, 1]; NaN without
            depth. See :class:`DepthTrust`.
        instance: Index of the instance that this step became in its
            :class:`PseudoInstances`; None if it became none.
    """

    eigenvector: FloatArray
    semantic_mask: BoolArray
    local_cut: BoolArray
    confidence: FloatArray | None
    seed: tuple[int, int]
    status: str = ACCEPTED
    depth: FloatArray | None = None
    eigenvalue: float = math.nan
    separation: float = math.nan
    trust: float = math.nan
    instance: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether the mask of this step was kept."""
        return self.status == ACCEPTED


def no_cut(grid: tuple[int, ...], depth: FloatArray | None = None) -> CutStep:
    """The step of an image (h, w) in which nothing can be cut.

    Without depth there is no confidence either.
    """
    return CutStep(
        eigenvector=np.zeros(grid, np.float32),
        semantic_mask=np.zeros(grid, bool),
        local_cut=np.zeros(grid, bool),
        confidence=None if depth is None else np.zeros(grid, np.float32),
        seed=(0, 0),
        status=NO_STRUCTURE,
        depth=depth,
    )


@dataclass(frozen=True)
class PseudoInstances:
    """The pseudo-labels of one image.

    Attributes:
        masks: (N, H, W) bool, at the size of the image.
        patch_masks: (N, h, w) bool, the cuts on the patch grid.
        scores: (N,) float32 in [0, 1], mean Spatial Confidence of the mask,
            or that times its separation; of :class:`VoteCut`, of its votes.
        confidences: (N, h, w) float32, raw Spatial Confidence, multiples of
            1/T inside the patch mask and 0 outside; or (N, H, W) float32 in
            [0, 1], maps of pixels, see :class:`Refinement`; None for a
            method without, such as MaskCut.
        boxes: (N, 4) float32, x1, y1, x2, y2 in pixels, x2 and y2 exclusive.
        steps: The steps that they were cut in, each with the index of its
            instance.

    Raises:
        ValueError: If the arrays do not agree in N or in the grid.
    """

    masks: BoolArray
    patch_masks: BoolArray
    scores: FloatArray
    confidences: FloatArray | None
    boxes: FloatArray
    steps: tuple[CutStep, ...] = ()

    def __post_init__(self) -> None:
        _check_shape('masks', self.masks, (None, None, None))
        number = self.masks.shape[0]
        _check_shape('patch_masks', self.patch_masks, (number, None, None))
        _check_shape('scores', self.scores, (number,))
        if self.confidences is not None:
            shape = self.confidences.shape
            if shape != self.masks.shape:
                shape = self.patch_masks.shape
            _check_shape('confidences', self.confidences, shape)
        _check_shape('boxes', self.boxes, (number, 4))

    @classmethod
    def empty(
        cls,
        image_shape: tuple[int, int],
        grid_shape: tuple[int, int],
        has_confidences: bool = True,
    ) -> PseudoInstances:
        """No instances on an image (H, W) with a patch grid (h, w).

        Args:
            image_shape: (H, W).
            grid_shape: (h, w).
            has_confidences: Whether the method has any. Defaults to True.
        """
        return cls(
            masks=np.zeros((0, *image_shape), bool),
            patch_masks=np.zeros((0, *grid_shape), bool),
            scores=np.zeros(0, np.float32),
            confidences=np.zeros((0, *grid_shape), np.float32)
            if has_confidences
            else None,
            boxes=np.zeros((0, 4), np.float32),
        )

    def __len__(self) -> int:
        return int(self.masks.shape[0])

    def __getitem__(
        self, index: slice | Sequence[int] | NDArray[np.generic]
    ) -> PseudoInstances:
        """Select instances by a slice, indices or a boolean mask."""
        if not isinstance(index, slice):
            index = np.asarray(index)
            if index.size == 0:
                index = index.astype(np.intp)
        kept = np.atleast_1d(np.arange(len(self))[index]).tolist()
        steps = tuple(
            replace(
                step,
                instance=kept.index(step.instance)
                if step.instance in kept
                else None,
            )
            for step in self.steps
        )
        return PseudoInstances(
            masks=self.masks[index],
            patch_masks=self.patch_masks[index],
            scores=self.scores[index],
            confidences=None
            if self.confidences is None
            else self.confidences[index],
            boxes=self.boxes[index],
            steps=steps,
        )

    def __iter__(self) -> Iterator[PseudoInstances]:
        return (self[[i]] for i in range(len(self)))
