"""Labels go from any store to a COCO file and from it to any store."""

import importlib.util
import json

import pytest
from helpers import ROOT
from helpers.foreign_labels import their_labels
from helpers.stores import NAMES, make_record, make_store
from pycocotools.coco import COCO

from mmcuts3d.labels import (
    BACKENDS,
    build_labels,
    export_labels,
    open_store,
    read_labels,
    write_records,
)

both = pytest.mark.parametrize('backend', BACKENDS)


@pytest.fixture
def tool(request):
    path = ROOT / 'tools' / 'dataset_converters' / f'{request.param}.py'
    spec = importlib.util.spec_from_file_location(request.param, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda *words: module.main([str(word) for word in words])


exporter = pytest.mark.parametrize(
    'tool', ['export_pseudo_labels'], indirect=True
)
importer = pytest.mark.parametrize(
    'tool', ['import_pseudo_labels'], indirect=True
)


@both
@exporter
def test_an_export_is_the_file_of_all_records(
    tool, backend, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr('mmcuts3d.labels.exporting._ROWS', 4)
    make_store(tmp_path / 'store', backend, failing=NAMES[5:6])
    out = tmp_path / 'deeper' / 'all.json'
    assert tool(tmp_path / 'store', out) == 0
    records = [make_record(n) for n in range(11) if n != 5]
    whole = build_labels(records, {'fingerprint': 'a' * 16})
    assert json.loads(out.read_text()) == whole
    assert list(json.loads(out.read_text())) == list(whole)
    assert read_labels(out)['annotations'] == whole['annotations']
    assert COCO(str(out)).getImgIds() == sorted(r.image_id for r in records)
    said = capsys.readouterr().out
    number = len(whole['annotations'])
    assert f'{out}: {number} masks in 10 images' in said
    assert '1 images failed' in said
    with pytest.raises(ValueError, match='--overwrite'):
        tool(tmp_path / 'store', out)
    assert tool(tmp_path / 'store', out, '--overwrite') == 0


@exporter
def test_what_cannot_be_exported_is_said(tool, tmp_path):
    make_store(tmp_path / 'store', 'jsonl')
    path = tmp_path / 'store' / 'pseudo_labels.json'
    with pytest.raises(ValueError, match='another file'):
        tool(tmp_path / 'store', path, '--overwrite')
    with pytest.raises(ValueError, match='folder'):
        tool(path, tmp_path)
    with pytest.raises(ValueError, match='nothing there'):
        tool(tmp_path / 'none', tmp_path / 'out.json')


def test_no_labels_are_a_file_too(tmp_path):
    write_records([], tmp_path / 'store', 'parquet')
    summary = export_labels(open_store(tmp_path / 'store'), tmp_path / 'x')
    assert json.loads((tmp_path / 'x').read_text())['images'] == []
    assert (summary.num_images, summary.num_masks) == (0, 0)


@both
@importer
def test_labels_of_others_become_a_store(tool, backend, tmp_path, capsys):
    """CutLER's, height and width exchanged, and CuVLER's with scores."""
    content, _ = their_labels([0.25, 0.5, 0.75])
    path = tmp_path / 'theirs.json'
    path.write_text(json.dumps(content))
    assert tool(path, '--out', tmp_path / 'ours.json') == 0
    words = [path, '--out', tmp_path / 'store', '--store', backend]
    assert tool(*words) == 0
    assert '3 masks in 3 images' in capsys.readouterr().out
    store = open_store(tmp_path / 'store')
    assert store.info.backend == backend
    scores = [[row['score'] for row in r.annotations] for r in store]
    assert scores == [[0.25, 0.5], [0.75], []]
    assert {(r.height, r.width) for r in store} == {(30, 40)}
    settings = store.info.provenance['settings']
    assert settings['imported'] == 'theirs.json'
    # The same again changes nothing; another file is refused.
    assert tool(*words) == 0
    content['annotations'].pop()
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r'settings\.digest is .* and was'):
        tool(*words)
    assert tool(*words, '--overwrite') == 0
    assert len(list(open_store(tmp_path / 'store').record(1).annotations)) == 0
    export_labels(open_store(tmp_path / 'store'), tmp_path / 'back.json')
    assert len(read_labels(tmp_path / 'back.json')['images']) == 3


@importer
def test_a_folder_needs_a_kind(tool, tmp_path):
    path = tmp_path / 'theirs.json'
    path.write_text(json.dumps(their_labels()[0]))
    with pytest.raises(ValueError, match='--store'):
        tool(path, '--out', tmp_path)
    assert tool(path, '--out', tmp_path / 'auto', '--store', 'auto') == 0
    assert open_store(tmp_path / 'auto').info.backend == 'jsonl'
