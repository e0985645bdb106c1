"""Every block of the pages: run, or read by the program it is for.

Commands are read by the parser of the tool they call, and those of RUN are
run. Python that imports is run in a folder with four scenes, a config is
checked against the classes it names. What can be neither stands in LISTED.
"""

import contextlib
import inspect
import io
import json
import re
from pathlib import Path

import pytest
from helpers import ROOT
from helpers.commands import check, run
from helpers.docs import (
    LANGUAGES,
    blocks_of,
    commands_of,
    form_filled,
    inline_commands,
    pages,
)
from helpers.world import write_world
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmcuts3d.labels import read_labels
from mmcuts3d.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS

PAGES = pages()
#: Pages whose Python is run, block by block, by a test of their own.
OWN_TESTS = {
    'README.md': 'test_readme.py',
    'docs/depth.md': 'test_docs_depth.py',
    'docs/inference.md': 'test_docs_inference.py',
    'docs/labels_in_other_tools.md': 'test_docs_other_tools.py',
    'docs/one_component.md': 'test_docs_one_component.py',
    'docs/small_objects.md': 'test_docs_small_objects.py',
    'docs/tutorial.md': 'test_docs_tutorial.py',
}
#: Blocks of Python that are compiled only, by page and a line of theirs.
LISTED = {
    (
        'docs/calibrate.md',
        "job = CalibrationJob(load_config(path), path, 'images', "
        'layers=[-1, -3])',
    ): 'needs the weights of DINOv2 and ZoeDepth',
}
#: Commands that are run, and what stands for the words in capitals.
RUN = {
    'python -m mmcuts3d explain cuts3d_classical_image-folder': {},
    'python tools/ablations.py --list': {},
    'python tools/analysis/label_statistics.py STORE [STORE2] '
    '--picture FILE.png': {'STORE2': 'data/mine/labels.json'},
    'python tools/dataset_converters/export_pseudo_labels.py FOLDER '
    'labels/pseudo_labels.json': {'FOLDER': 'data/mine/labels.json'},
    'python tools/dataset_converters/export_pseudo_labels.py FOLDER OUT '
    '--format labelme --images IMAGES': {'FOLDER': 'data/mine/labels.json'},
    'python tools/dataset_converters/import_pseudo_labels.py THEIRS.json '
    '--out labels/pseudo_labels.json': {},
    'python tools/merge_rounds.py BEFORE NEW --out FILE': {},
}
PLACES = {
    'STORE': 'data/mine/labels.json',
    'BEFORE': 'data/mine/labels.json',
    'NEW': 'data/mine/labels.json',
    'THEIRS.json': 'data/mine/truth.json',
    'IMAGES': 'data/mine/images',
    'OUT': 'out',
    'FILE': 'merged.json',
    'FILE.png': 'statistics.png',
}


def commands(name):
    """Every command of a page, with where it stands."""
    for block in blocks_of(name):
        if block.language == 'bash':
            for words in commands_of(block.text):
                yield block.where, words
    for text in inline_commands(name):
        for words in commands_of(text):
            yield name, words


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    """Where the reader of a page stands, and the names that pages leave."""
    folder = tmp_path_factory.mktemp('world')
    mine = write_world(folder)
    labels = folder / 'work_dirs' / 'labels'
    labels.mkdir(parents=True)
    (labels / 'pseudo_labels.json').write_bytes(
        (mine / 'labels.json').read_bytes()
    )
    for name in ('instances.json', 'ground_truth.json'):
        (folder / name).write_bytes((mine / 'truth.json').read_bytes())
    return folder


@pytest.fixture
def there(world, monkeypatch):
    monkeypatch.chdir(world)
    return world


@pytest.mark.parametrize('name', PAGES)
def test_blocks_say_what_they_are(name):
    unknown = [
        f'{block.where}: {block.language!r}'
        for block in blocks_of(name)
        if block.language not in LANGUAGES
    ]
    assert unknown == []


@pytest.mark.parametrize(
    'name', [name for name in PAGES if any(commands(name))]
)
def test_programs_take_the_commands(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    refused = []
    for where, words in commands(name):
        try:
            check(form_filled(words))
        except (AssertionError, ValueError) as error:
            refused.append(f'{where}: {" ".join(words)}: {error}')
    assert refused == []


def test_commands_that_are_run_stand_on_a_page():
    there = {' '.join(words) for name in PAGES for _, words in commands(name)}
    assert set(RUN) <= there


@pytest.mark.parametrize('text', RUN)
def test_commands_run(text, there, tmp_path, monkeypatch):
    places = {**PLACES, **RUN[text]}
    monkeypatch.chdir(tmp_path)
    Path('data').symlink_to(there / 'data')
    words = [places.get(w, w) for w in form_filled(text.split())]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert run(words) == 0
    assert said.getvalue().strip() or list(tmp_path.iterdir())


def python_of(listed):
    return [
        pytest.param(block, id=block.where)
        for name in PAGES
        if name not in OWN_TESTS
        for block in blocks_of(name)
        if block.language == 'python' and is_listed(block) == listed
    ]


def is_listed(block):
    return any(
        block.page == page and line in block.text for page, line in LISTED
    )


def test_pages_with_tests_of_their_own():
    for name, test in OWN_TESTS.items():
        text = (ROOT / 'tests' / test).read_text('utf-8')
        assert Path(name).name in text, f'{test} does not read {name}'


def test_what_is_listed_is_there():
    assert len(python_of(True)) == len(LISTED)


@pytest.mark.parametrize('block', python_of(True))
def test_imports_of_listed_blocks(block):
    compile(block.text, block.where, 'exec')
    imports = re.findall(r'^(?:from|import) .*', block.text, re.MULTILINE)
    exec('\n'.join(imports), {})
    for path in re.findall(r"'(configs/[^']+\.py)'", block.text):
        assert (ROOT / path).is_file()


@pytest.mark.parametrize('block', python_of(False))
def test_python(block, there):
    init_default_scope('mmdet')
    if re.search(r'^(from|import) ', block.text, re.MULTILINE):
        labels = read_labels('data/mine/labels.json')
        truth = json.loads(Path('instances.json').read_text())
        names = {
            'images': truth['images'],
            'truth': truth['annotations'],
            **dict.fromkeys(
                ('predictions', 'first', 'second'), labels['annotations']
            ),
        }
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block.text, block.where, 'exec'), names)
    else:
        content = Config.fromstring(block.text, '.py').to_dict()
        assert content
        for part in typed(content):
            if part['type'] in block.text:  # and not of a base
                accepts(part)


def typed(content):
    """Every dict of a config that names a class."""
    if isinstance(content, dict):
        if 'type' in content:
            yield content
        content = content.values()
    if not isinstance(content, str) and hasattr(content, '__iter__'):
        for part in content:
            yield from typed(part)


def accepts(part):
    """The class of a dict takes its settings."""
    settings = set(part) - {'type'}
    for registry in (MODELS, DATASETS, TRANSFORMS, METRICS, HOOKS):
        with registry.switch_scope_and_registry(None) as of_default:
            found = of_default.get(part['type'])
        if found:
            break
    else:
        raise AssertionError(f'no class of the name {part["type"]}')
    known = {}
    for base in inspect.getmro(found):
        if '__init__' in vars(base):
            takes = inspect.signature(base).parameters
            known.update(takes)
            if 'kwargs' not in takes:
                break
    assert settings <= set(known), f'{part["type"]}: {settings - set(known)}'
