"""What every test starts from."""

import os
import sys

import pytest

import mmcuts3d  # noqa: F401  # first: it repairs later imports

os.environ.setdefault('MPLBACKEND', 'Agg')


@pytest.fixture(autouse=True)
def _no_scope_left_behind():
    """Configs set mmengine's default scope; each test starts with none."""
    yield
    if 'mmengine.registry' in sys.modules:
        from mmengine.registry import DefaultScope

        DefaultScope._instance_dict.clear()
