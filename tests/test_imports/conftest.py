"""Labels of three images, and the images."""

import pytest
from helpers.exported import make_store


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)
