"""Which images to look at: the best, the median, the worst, and where two
runs differ."""

from collections.abc import Sequence

import numpy as np

from .measuring import ImageMetrics

KINDS = ('best', 'median', 'worst', 'first', 'second')


def choose_images(
    images: Sequence[ImageMetrics], names: Sequence[str], number: int
) -> dict[str, list[ImageMetrics]]:
    """Choose images by how well their instances are met.

    Images without instances are left out. Of equal images the first is taken.

    Args:
        images (Sequence[ImageMetrics]): What was measured of each image.
        names (Sequence[str]): Of the runs, one or two.
        number (int): Images of each kind at most; fewer, if the best and the
            worst would else overlap.

    Returns:
        dict[str, list[ImageMetrics]]: ``best`` (best first), ``median`` (by
        falling score) and ``worst`` (worst first), by the mean over the runs;
        for two runs also ``first`` and ``second``: where that one is ahead of
        the other, by falling lead. A kind without images is not in it.
    """
    known = [image for image in images if image.best_iou]
    if not known or number < 1:
        return {}
    scores = np.array(
        [[image.best_iou[name] for name in names] for image in known]
    )
    places = best_median_worst(scores.mean(axis=1), number)
    if len(names) == 2:
        lead = scores[:, 0] - scores[:, 1]
        for name, gain in (('first', lead), ('second', -lead)):
            ahead = np.argsort(-gain, kind='stable')[:number]
            places[name] = [int(n) for n in ahead if gain[n] > 0]
    return {
        kind: [known[place] for place in places[kind]]
        for kind in KINDS
        if len(places.get(kind, ()))
    }


def best_median_worst(scores: np.ndarray, number: int) -> dict[str, list[int]]:
    """Places of the best, the median and the worst of some scores.

    Args:
        scores (np.ndarray): (N,), finite, higher is better. Of equal ones
            the first is taken.
        number (int): Of each kind at most; fewer, if the best and the worst
            would else overlap.

    Returns:
        dict[str, list[int]]: ``best`` (best first), ``median`` (falling) and
        ``worst`` (worst first), perhaps empty.
    """
    order = np.argsort(-scores, kind='stable')
    each = min(number, max(len(order) // 3, 1))
    middle = (len(order) - each) // 2
    median = order[middle : middle + each] if len(order) > 2 else order[:0]
    return {
        'best': order[:each].tolist(),
        'median': median.tolist(),
        'worst': order[each:][::-1][:each].tolist(),
    }
