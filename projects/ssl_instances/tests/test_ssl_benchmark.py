"""The benchmark of proposals on made images: its rows and its numbers."""

import importlib.util
import json

import pytest
from helpers import ROOT

from projects.ssl_instances.tests.made_images import make_images

TOOL = ROOT / 'projects' / 'ssl_instances' / 'benchmarks' / 'proposals.py'


@pytest.fixture(scope='module')
def benchmark():
    spec = importlib.util.spec_from_file_location('proposals_benchmark', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rows(benchmark, tmp_path, capsys):
    folder = make_images(tmp_path / 'made', 2)
    words = ['--images', str(folder / 'images'), '--out', str(tmp_path / 't')]
    words += ['--maps', str(folder / 'maps')]
    words += ['--ann', str(folder / 'instances.json'), '--grid', '12']
    assert benchmark.main(words) == 0
    table = json.loads((tmp_path / 't').read_text())
    assert list(table) == list(benchmark.ROWS)
    said = capsys.readouterr().out
    assert all(f'| {name} |' in said for name in table)
    whole = table['proposals as published']
    assert 0 < whole['AR100'] <= 100
    assert table['no saliency map (Table 5)']['masks'] > whole['masks']
    assert table['no NMS']['masks'] > whole['masks']
    assert table['no NMS']['AR100'] >= whole['AR100']
    # Two squares of one look are one cluster: it takes the split.
    assert table['no split (Table 6)']['same2'] < whole['same2']
    few = [*words, '--limit', '1']
    assert benchmark.main(few) == 0


def test_a_folder_without_maps(benchmark, tmp_path):
    folder = make_images(tmp_path / 'made', 1)
    words = ['--images', str(folder / 'images')]
    words += ['--maps', str(folder / 'images')]
    words += ['--ann', str(folder / 'instances.json')]
    with pytest.raises(SystemExit) as caught:
        benchmark.main(words)
    assert 'images' in str(caught.value) and '\n' not in str(caught.value)
