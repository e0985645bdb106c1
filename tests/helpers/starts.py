"""What every test starts from, those of projects too."""

import os
import sys

import pytest

from mmcuts3d import compat

os.environ.setdefault('MPLBACKEND', 'Agg')
compat.install_hooks()  # tests of the pure layers import no registry


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Each test starts without what mmengine keeps by name.

    Configs set the default scope. A logger keeps the stream that it was made
    with, which pytest closes; a visualizer writes into the folder of the run
    that made it, whatever run asks for that name next.
    """
    yield
    if 'mmengine.registry' in sys.modules:
        from mmengine.utils import ManagerMixin

        for kept in kinds_of(ManagerMixin):
            kept._instance_dict.clear()


def kinds_of(kind):
    """The subclasses of a class, and theirs."""
    for one in kind.__subclasses__():
        yield one
        yield from kinds_of(one)
