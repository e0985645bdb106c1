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
    order = np.argsort(-scores.mean(axis=1), kind='stable')
    each = min(number, max(len(known) // 3, 1))
    middle = (len(known) - each) // 2
    places = {
        'best': order[:each],
        'worst': order[each:][::-1][:each],
        'median': order[middle : middle + each] if len(known) > 2 else [],
    }
    if len(names) == 2:
        lead = scores[:, 0] - scores[:, 1]
        for name, gain in (('first', lead), ('second', -lead)):
            ahead = np.argsort(-gain, kind='stable')[:number]
            places[name] = [place for place in ahead if gain[place] > 0]
    return {
        kind: [known[place] for place in places[kind]]
        for kind in KINDS
        if len(places.get(kind, ()))
    }
