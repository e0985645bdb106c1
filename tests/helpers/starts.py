"""What every test starts from, those of projects too."""

import os
import sys

import pytest

from mmcuts3d import compat

os.environ.setdefault('MPLBACKEND', 'Agg')
compat.install_hooks()  # tests of the pure layers import no registry


@pytest.fixture(autouse=True)
def no_scope_left_behind():
    """Configs set mmengine's default scope; each test starts with none."""
    yield
    if 'mmengine.registry' in sys.modules:
        from mmengine.registry import DefaultScope

        DefaultScope._instance_dict.clear()
