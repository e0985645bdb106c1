"""How the tests of the converters call them and make pictures."""

import importlib
import json

import pytest
from helpers import ROOT
from PIL import Image

CONVERTERS = ROOT / 'tools' / 'dataset_converters'


@pytest.fixture
def load_converter(monkeypatch):
    """The module of a converter, such as 'voc'."""
    monkeypatch.syspath_prepend(CONVERTERS)
    return lambda name: importlib.import_module(f'{name}_to_class_agnostic')


@pytest.fixture
def convert(load_converter, tmp_path):
    """Runs a converter: its name, its words; the content it wrote.

    Sets of the tests are subsets: without ``whole`` other counts are allowed.
    """

    def run(name, *words, whole=False):
        out = tmp_path / 'made' / f'{name}.json'
        words = [str(word) for word in words]
        if not whole:
            words.append('--allow-other-counts')
        module = load_converter(name)
        assert module.main([*words, f'--out={out}']) == 0
        return json.loads(out.read_text())

    return run


@pytest.fixture
def picture():
    """Writes a grey picture of a height and width; perhaps on its side."""

    def write(path, height, width, orientation=None):
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new('RGB', (width, height), 'grey')
        exif = Image.Exif()
        if orientation is not None:
            exif[0x0112] = orientation
        image.save(path, exif=exif)
        return path

    return write


@pytest.fixture
def whole(load_converter, monkeypatch):
    """Lets a converter expect the counts that a test's files have."""

    def publish(name, **counts):
        monkeypatch.setattr(load_converter(name), 'PUBLISHED', counts)

    return publish


@pytest.fixture
def write(tmp_path):
    """Writes an original: a text, or what becomes JSON."""

    def write_json(content, name='original.json'):
        path = tmp_path / name
        path.write_text(
            content if isinstance(content, str) else json.dumps(content)
        )
        return path

    return write_json
