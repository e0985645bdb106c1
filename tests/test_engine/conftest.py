"""What the tests of the engine share."""

import math

import pytest
from helpers.labeling import BrightnessLabeler, write_images
from mmengine.registry import init_default_scope


@pytest.fixture(autouse=True)
def fresh_labeler():
    """The labeler that tests make fail does not fail in the next one."""
    BrightnessLabeler.seen = []
    BrightnessLabeler.fail_after = math.inf
    init_default_scope('mmdet')
    yield
    BrightnessLabeler.fail_after = math.inf


@pytest.fixture
def images(tmp_path):
    """Folder of images that it labels."""
    return write_images(tmp_path / 'images')
