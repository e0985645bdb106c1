"""Masks that are hard for formats of polygons."""

import numpy as np

SIZE = (40, 60)
NAMES = ['a b/Zürich, "1".png', 'empty.jpg', 'second.png']


def masks():
    """By what is hard about them."""
    found = {name: np.zeros(SIZE, bool) for name in ('box', 'ring', 'parts')}
    found['box'][5:15, 4:20] = True
    found['ring'][8:36, 22:50] = True
    found['ring'][14:20, 30:41] = False
    found['ring'][25:33, 25:29] = False
    found['parts'][30:38, 2:9] = True
    found['parts'][31:34, 12:18] = True
    found['parts'][36, 55] = True
    found['dot'] = np.zeros(SIZE, bool)
    found['dot'][0, 59] = True
    found['line'] = np.zeros(SIZE, bool)
    found['line'][39, 3:50] = True
    noise = np.random.default_rng(3).random(SIZE) < 0.6
    found['noise'] = noise
    return found


SCORES = {name: 0.9 - 0.1 * place for place, name in enumerate(masks())}
