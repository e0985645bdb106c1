"""The geometry of copy-paste: cut out, scale, place, cover what lies below.

Works on plain arrays; masks are uint8 confidence levels, 0 outside.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import mmcv
import numpy as np
import numpy.typing as npt

from mmcuts3d.cuts import box_of

Levels = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.uint8]
Patch = tuple[Pixels, Levels, npt.NDArray[np.float64]]
Placement = Literal['each', 'together']


class Canvas:
    """An image with its instances, onto which others are pasted.

    Args:
        image (ndarray): Pixels of shape (H, W, 3), copied.
        levels (ndarray): Its instances, levels of shape (N, H, W), copied.
    """

    def __init__(self, image: Pixels, levels: Levels) -> None:
        self.image = image.copy()
        self.levels = list(levels.copy())
        self._pasted: list[Levels] = []

    @property
    def frame(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.shape[:2]

    def pasted_levels(self) -> Levels:
        """Pasted instances as they were before others covered them."""
        return np.stack(self._pasted)

    def paste(
        self,
        patch: Pixels,
        patch_levels: Levels,
        place: npt.NDArray[np.float64],
        mix: Callable[[Pixels, Pixels, Levels], Pixels],
        max_cover: float | None = None,
    ) -> bool:
        """Paste one instance on top of all others.

        Args:
            patch (ndarray): Its image, shape (h, w, 3), no larger than the
                canvas.
            patch_levels (ndarray): Its levels, shape (h, w).
            place (ndarray): Where in the range of all places that lie wholly
                inside, (vertical, horizontal), each in [0, 1).
            mix (Callable): Makes the new pixels from source, target and
                levels, each of the size of the patch.
            max_cover (float, optional): It is not pasted if it covers this
                share or more of an instance that the canvas began with.
                Defaults to None: always.

        Returns:
            bool: Whether it was pasted. Scaling can make a speck vanish, so
            that there is nothing to paste.
        """
        if not patch_levels.any():
            return False
        window = _window(patch_levels.shape, self.frame, place)
        if max_cover is not None and self._covers(
            patch_levels > 0, window, max_cover
        ):
            return False
        self.image[window] = mix(patch, self.image[window], patch_levels)
        for below in self.levels:
            below[window][patch_levels > 0] = 0
        pasted = np.zeros(self.frame, dtype=np.uint8)
        pasted[window] = patch_levels
        self.levels.append(pasted)
        self._pasted.append(pasted.copy())
        return True

    def _covers(
        self,
        patch: npt.NDArray[np.bool_],
        window: tuple[slice, slice],
        share: float,
    ) -> bool:
        own = len(self.levels) - len(self._pasted)
        for below in self.levels[:own]:
            area = np.count_nonzero(below)
            covered = np.count_nonzero(below[window][patch])
            if covered and covered >= share * area:
                return True
        return False


def each_patch(
    image: Pixels,
    levels: Levels,
    ratios: npt.NDArray[np.float64],
    places: npt.NDArray[np.float64],
    frame: tuple[int, int],
) -> Iterator[Patch]:
    """Instances, each with a scale and a place of its own.

    Args:
        image (ndarray): Source image of shape (H, W, 3).
        levels (ndarray): Levels of its instances, shape (N, H, W).
        ratios (ndarray): Scales of shape (N,), in (0, 1].
        places (ndarray): Where, shape (N, 2), see :meth:`Canvas.paste`.
        frame (tuple[int, int]): Height and width of the target.

    Yields:
        tuple: Pixels, levels and place of each.
    """
    for instance, ratio, place in zip(levels, ratios, places, strict=True):
        yield *scaled_patch(image, instance, ratio, frame), place


def patches_together(
    image: Pixels,
    levels: Levels,
    ratios: npt.NDArray[np.float64],
    places: npt.NDArray[np.float64],
    frame: tuple[int, int],
) -> Iterator[Patch]:
    """Instances that stay where they are to each other.

    The source is stretched to the size of the target, whatever its aspect;
    one scale and one place, the first ones, hold for all. As CutLER does.

    Args:
        image (ndarray): See :func:`each_patch`, as the others.
        levels (ndarray): Shape (N, H, W).
        ratios (ndarray): Shape (N,).
        places (ndarray): Shape (N, 2).
        frame (tuple[int, int]): Height and width of the target.

    Yields:
        tuple: Pixels, levels and place of each; the pixels and the place are
        the same for all.
    """
    height, width = (max(1, round(side * ratios[0])) for side in frame)
    pixels = mmcv.imresize(image, (width, height), interpolation='bilinear')
    for instance in levels:
        scaled = mmcv.imresize(
            instance, (width, height), interpolation='nearest'
        )
        yield pixels, scaled, places[0]


#: How instances of a source come to the target.
patches_of = {'each': each_patch, 'together': patches_together}


def scaled_patch(
    image: Pixels, levels: Levels, ratio: float, frame: tuple[int, int]
) -> tuple[Pixels, Levels]:
    """Cut an instance out of its image and scale it for another.

    Args:
        image (ndarray): Source image of shape (H, W, 3).
        levels (ndarray): Levels of the instance, shape (H, W), not empty.
        ratio (float): Scale in (0, 1], on top of the one that fits the
            source image into the target.
        frame (tuple[int, int]): Height and width of the target.

    Returns:
        tuple[ndarray, ndarray]: Pixels (bilinear) and levels (nearest) of
        the instance's box, no larger than the target.
    """
    x1, y1, x2, y2 = masks_to_boxes(levels[None])[0].astype(int)
    fit = min(frame[0] / image.shape[0], frame[1] / image.shape[1])
    height = min(frame[0], max(1, round((y2 - y1) * fit * ratio)))
    width = min(frame[1], max(1, round((x2 - x1) * fit * ratio)))
    box = (slice(y1, y2), slice(x1, x2))
    size = (width, height)
    return (
        mmcv.imresize(image[box], size, interpolation='bilinear'),
        mmcv.imresize(levels[box], size, interpolation='nearest'),
    )


def masks_to_boxes(levels: Levels) -> npt.NDArray[np.float32]:
    """Tight boxes of masks.

    Args:
        levels (ndarray): Levels of shape (N, H, W).

    Returns:
        ndarray: Boxes of shape (N, 4), xyxy with exclusive right and bottom
        edges; 0 for an empty mask.
    """
    boxes = np.zeros((len(levels), 4), dtype=np.float32)
    for box, mask in zip(boxes, levels, strict=True):
        box[:] = box_of(mask)
    return boxes


def pasteable(
    levels: npt.NDArray[np.uint8], ignored: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Instances that can be pasted: with pixels, and not to be ignored."""
    has_pixels = levels.any(axis=(1, 2))
    return np.flatnonzero(has_pixels & ~ignored.astype(bool))


def _window(
    size: tuple[int, ...],
    frame: tuple[int, int],
    place: npt.NDArray[np.float64],
) -> tuple[slice, slice]:
    top, left = (
        int(share * (whole - part + 1))
        for share, whole, part in zip(place, frame, size, strict=True)
    )
    return slice(top, top + size[0]), slice(left, left + size[1])
