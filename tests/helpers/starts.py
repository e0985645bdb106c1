"""What every test starts from, those of projects too."""

import os
import sys

import pytest

from mmcuts3d import compat

os.environ.setdefault('MPLBACKEND', 'Agg')
compat.install_hooks()  # tests of the pure layers import no registry


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Each test starts without mmengine's default scope and loggers.

    Configs set the scope. A logger keeps the stream that it was made with,
    which pytest closes when the test that made it ends.
    """
    yield
    if 'mmengine.registry' in sys.modules:
        from mmengine.logging import MMLogger
        from mmengine.registry import DefaultScope

        DefaultScope._instance_dict.clear()
        MMLogger._instance_dict.clear()
