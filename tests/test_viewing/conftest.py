"""One small cut, for all that shows it."""

import cv2
import pytest
from helpers.browser import open_browser
from helpers.labeler import scene_of

from mmcuts3d.cuts import CutS3D
from mmcuts3d.viewing import CutMaps


@pytest.fixture(scope='package')
def maps():
    image, depth = scene_of(2, (96, 96))
    # The mean colours of patches: enough to be cut.
    patches = cv2.resize(image, (24, 24), interpolation=cv2.INTER_AREA)
    features = patches.transpose(2, 0, 1) / 255 - 0.5
    cut = CutS3D.from_preset('touching', refine={'crf': False})
    return CutMaps('a<b>\n</script>.png', image, features, depth, cut)


@pytest.fixture(scope='package')
def view(maps):
    return maps.view()


@pytest.fixture(scope='module')
def browser():
    """Chromium, which draws in 3D by software."""
    with open_browser() as opened:
        yield opened
