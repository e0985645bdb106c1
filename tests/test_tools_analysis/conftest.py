"""Tools of tools/analysis, called in this process."""

import importlib.util

import pytest
from helpers import ROOT


@pytest.fixture(scope='module')
def load_tool():
    """A function that gives a tool as a module by its name."""

    def load(name):
        path = ROOT / 'tools' / 'analysis' / f'{name}.py'
        spec = importlib.util.spec_from_file_location(f'tool_{name}', path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
