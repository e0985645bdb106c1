"""Examples in docstrings run, and give what they say."""

import doctest
import importlib
import importlib.util
import pkgutil

import pytest
from helpers import ROOT
from helpers.world import write_world

#: Files with an example: every one, so that none is left out.
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ('mmcuts3d', 'projects', 'tools')
    for path in (ROOT / folder).rglob('*.py')
    if '>>> ' in path.read_text('utf-8') and '/tests/' not in path.as_posix()
)
#: What an example needs that may not be installed.
PACKAGES = {'mmcuts3d/exports/detections.py': 'supervision'}
#: Public names that a reader meets first, which have an example.
MAIN = (
    *('mmcuts3d.apis.CutS3DInferencer', 'mmcuts3d.cuts.CutS3D'),
    'mmcuts3d.cuts.MaskCut',
    *('mmcuts3d.evaluation.best_iou', 'mmcuts3d.exports.to_detections'),
    *('mmcuts3d.evaluation.correct_localization',),
    *('mmcuts3d.labels.open_store', 'mmcuts3d.labels.read_labels'),
)


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp('world')
    write_world(folder)
    return folder


@pytest.mark.parametrize('name', FILES)
def test_examples(name, world, monkeypatch):
    package = PACKAGES.get(name)
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f'{package} is not installed')
    monkeypatch.chdir(world)
    module = importlib.import_module(
        name.removesuffix('.py').removesuffix('/__init__').replace('/', '.')
    )
    tests = doctest.DocTestFinder().find(module)
    assert any(test.examples for test in tests), name
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in tests:
        test.globs = {}
        runner.run(test, out=said.append)
    assert not runner.failures, ''.join(said)


@pytest.mark.parametrize(
    'page',
    [
        path
        for path in sorted((ROOT / 'docs' / 'api').glob('*.rst'))
        if '>>> ' in path.read_text('utf-8')
    ],
    ids=lambda path: path.name,
)
def test_examples_of_pages(page, world, monkeypatch):
    monkeypatch.chdir(world)
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted and not found.failed


@pytest.mark.parametrize('name', MAIN)
def test_main_names_have_an_example(name):
    thing = pkgutil.resolve_name(name)
    assert '>>> ' in thing.__doc__
