"""Whether near and far are mixed up: seen over many images, without labels."""

import math

import cv2
import numpy as np

#: Side of the grid that a map is looked at on.
_SIDE = 30
#: Images before anything is said, and after which nothing is counted.
LEAST, MOST = 20, 1000
#: The mean correlation has to be this low, and as many standard errors below
#: 0. Chosen in docs/depth.md.
MEAN, ERRORS = -0.1, 3.5


def rise(depth: np.ndarray) -> float:
    """How much farther the upper part of an image is than the lower part.

    Cameras mostly look ahead or down on a ground, a floor or a table, which
    is nearest at the lower edge of the image.

    Args:
        depth (np.ndarray): (H, W) float32, 0 = nearest.

    Returns:
        float: Correlation of the ranks of depth with the height in the image,
        in [-1, 1]; 0 for flat depth.
    """
    small = cv2.resize(depth, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    if np.ptp(small) == 0:
        return 0.0
    from scipy.stats import spearmanr

    height = np.repeat(np.arange(_SIDE)[::-1], _SIDE)
    return float(spearmanr(small.ravel(), height).statistic)


class DirectionTally:
    """Counts over a run whether maps are near at the lower edge.

    One image proves nothing, a few dozen do: a warning comes if the mean of
    :func:`rise` over 20 images or more is clearly below 0. An image counts
    once.
    """

    def __init__(self) -> None:
        self.done = False
        self._seen: set[str] = set()
        self._count, self._sum, self._squares = 0, 0.0, 0.0

    def add(self, name: str, depth: np.ndarray) -> str:
        """Count a map.

        Args:
            name (str): Of the image; '' if it has none.
            depth (np.ndarray): (H, W) float32, 0 = nearest.

        Returns:
            str: A sentence, once, if maps look reversed; else ''.
        """
        if self.done or (name and name in self._seen):
            return ''
        self._seen.add(name)
        value = rise(depth)
        self._count += 1
        self._sum += value
        self._squares += value**2
        if self._count >= LEAST and self._reversed():
            self.done = True
            return (
                f'over {self._count} images the lower part of the image is '
                'mostly farther than the upper part, as if near and far were '
                'mixed up: look at a map (0 = nearest), and name another '
                '`kind` or `direction` of depth if it is reversed'
            )
        if self._count >= MOST:
            self.done = True
            self._seen.clear()
        return ''

    def _reversed(self) -> bool:
        mean = self._sum / self._count
        spread = max(0.0, self._squares / self._count - mean**2)
        error = math.sqrt(spread / (self._count - 1))
        return mean <= MEAN and mean <= -ERRORS * error
