"""Each command says what a config is for that it cannot take."""

import importlib.util
import json
import runpy

import numpy as np
import pytest
from helpers import ROOT
from mmengine.config import Config

from mmcuts3d.engine.config_kinds import check_purpose
from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    instance_to_annotation,
    open_store,
    read_labels,
    write_json,
    write_records,
)

CONFIGS = ROOT / 'configs'
LABELER = CONFIGS / 'cuts3d' / 'cuts3d_vit-b8-dino_zoedepth_imagenet.py'
MASKCUT = CONFIGS / 'maskcut' / 'maskcut_classical_rgbd-scenes.py'
TRAINING = (
    CONFIGS
    / 'cuts3d'
    / 'cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'
)
MEASURING = (
    CONFIGS / 'evaluation' / 'cascade-mask-rcnn_r50_fpn_cuts3d_coco-val2017.py'
)
PART = CONFIGS / '_base_' / 'default_runtime.py'


@pytest.fixture
def call(monkeypatch, capsys):
    """What a command says before it ends, and nothing is built."""

    def run(tool, *words, status=1):
        path = ROOT / 'tools' / f'{tool}.py'
        words = [str(word) for word in (path, *words)]
        monkeypatch.setattr('sys.argv', words)
        monkeypatch.setenv('LOCAL_RANK', '0')
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(path), run_name='__main__')
        assert stop.value.code == status
        return capsys.readouterr().err.removesuffix('\n')

    return run


def test_a_labeler_is_not_trained(call):
    """Its weights, which are not here, are not asked for."""
    words = call('train', LABELER)
    assert words.startswith(f'{LABELER} is the config of a labeler')
    assert 'CutS3DLabeler' in words
    assert f'python tools/generate_pseudo_labels.py {LABELER}' in words
    assert f'python tools/test.py {LABELER}' in words
    assert '\n' not in words


def test_measuring_is_not_training(call):
    words = call('train', MEASURING)
    assert f'python tools/test.py {MEASURING} CHECKPOINT' in words
    assert '`train_dataloader`' in words


def test_a_part_of_a_config_is_one(call):
    for tool in ('train', 'test'):
        assert f'{PART} has no `model`' in call(tool, PART)
    words = call(
        'generate_pseudo_labels', PART, '--images', '.', '--out', 'out'
    )
    assert f'{PART} has no `model`' in words


def test_a_row_of_an_ablation_names_its_command(call):
    row = CONFIGS / 'ablations' / 'rows' / 'table7' / '4_loss.py'
    for tool in ('train', 'test'):
        words = call(tool, row)
        assert f'`python tools/ablations.py {row}` trains it' in words


def test_training_is_not_measuring(tmp_path):
    config = Config.fromfile(TRAINING)
    for key in ('test_dataloader', 'test_cfg', 'test_evaluator'):
        config.pop(key, None)
    with pytest.raises(ValueError, match='`test_cfg`.*python tools/train.py'):
        check_purpose(config, 'x.py', 'test')
    with pytest.raises(ValueError, match='`test_dataloader`.*is for training'):
        check_purpose(config, 'x.py', 'label')


def test_a_detector_without_weights_labels_nothing(call, tmp_path):
    (tmp_path / 'images').mkdir()
    words = call(
        'generate_pseudo_labels',
        *(MEASURING, '--images', tmp_path / 'images'),
        *('--out', tmp_path / 'out'),
    )
    assert 'Expected a checkpoint for CascadeRCNN' in words
    assert '--checkpoint' in words
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    ('path', 'purposes'),
    [
        (LABELER, ['label', 'test']),
        (MASKCUT, ['label', 'test']),
        (MEASURING, ['label', 'test']),
        (TRAINING, ['train']),
    ],
)
def test_what_fits_passes(path, purposes):
    for purpose in purposes:
        check_purpose(Config.fromfile(path), path, purpose)


# ---- tools/merge_rounds.py --------------------------------------------------


def labels_of(path, *squares, confidence=None):
    rows = []
    for left, score in squares:
        mask = np.zeros((20, 30), bool)
        mask[2:12, left : left + 10] = True
        rows.append(instance_to_annotation(mask, score, confidence))
    record = ImageRecord('a.jpg', 20, 30, 4, rows)
    path.parent.mkdir(exist_ok=True)
    return write_json(path, build_labels([record]))


@pytest.fixture
def merge():
    path = ROOT / 'tools' / 'merge_rounds.py'
    spec = importlib.util.spec_from_file_location('merge_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda *words: module.main([str(word) for word in words])


def test_rounds_are_merged_by_a_command(merge, tmp_path, capsys):
    before = labels_of(
        tmp_path / 'before.json',
        (0, 0.9),
        (18, 0.8),
        confidence=np.ones((2, 3)),
    )
    labels_of(tmp_path / 'new/pseudo_labels.json', (1, 0.75), (10, 0.6))
    out = tmp_path / 'deeper' / 'merged.json'
    assert merge(before, tmp_path / 'new', '--out', out) == 0
    rows = read_labels(out)['annotations']
    # The new mask is above 0.7 and covers the first of the old ones.
    assert [row['score'] for row in rows] == [0.75, 0.8]
    printed = capsys.readouterr().out.splitlines()
    assert json.loads(printed[0])['num_masks'] == 2
    assert str(out) in printed[-1]

    assert not any('confidence' in row for row in rows)

    options = [
        '--score-thr',
        '0.5',
        '--keep-confidence',
        '--iou-thr',
        '0.95',
        '--overwrite',
    ]
    assert merge(before, tmp_path / 'new', '--out', out, *options) == 0
    rows = read_labels(out)['annotations']
    assert [row['score'] for row in rows] == [0.75, 0.6, 0.9, 0.8]
    assert ['confidence' in row for row in rows] == [False] * 2 + [True] * 2


def test_stores_of_any_kind_are_merged_into_any(merge, tmp_path, capsys):
    before = labels_of(tmp_path / 'before.json', (0, 0.9), (18, 0.8))
    new = labels_of(tmp_path / 'new.json', (1, 0.75), (10, 0.6))
    folders = []
    for path in (before, new):
        folders.append(path.with_suffix(''))
        write_records(list(open_store(path)), folders[-1], 'parquet')
    expected = tmp_path / 'expected.json'
    assert merge(before, new, '--out', expected) == 0
    said = capsys.readouterr().out.splitlines()[0]
    rows = read_labels(expected)['annotations']
    for number, pair in enumerate((folders, [before, folders[1]])):
        out = tmp_path / f'{number}.json'
        assert merge(*pair, '--out', out) == 0
        assert capsys.readouterr().out.splitlines()[0] == said
        assert read_labels(out)['annotations'] == rows
        assert merge(*pair, '--out', tmp_path / f'{number}') == 0
        assert capsys.readouterr().out.splitlines()[0] == said
        [record] = open_store(tmp_path / f'{number}')
        assert [row['score'] for row in record.annotations] == [0.75, 0.8]


def test_merging_refuses_what_it_cannot(merge, tmp_path, capsys):
    before = labels_of(tmp_path / 'before.json', (0, 0.9))
    text = before.read_text()
    for words, said in [
        (['--out', before], 'is there already'),
        (['--out', tmp_path], 'a file, but got the folder'),
        (['--out', tmp_path / 'x', '--score-thr', '7'], r'--score-thr: in'),
    ]:
        with pytest.raises(SystemExit):
            merge(before, before, *words)
        assert said in capsys.readouterr().err
    assert before.read_text() == text
    with pytest.raises(ValueError, match='nowhere'):
        merge(before, tmp_path / 'nowhere.json', '--out', tmp_path / 'x')


@pytest.mark.parametrize('tool', ['train', 'test'])
def test_two_configs_at_once_are_named(call, tool):
    words = call(tool, LABELER, MASKCUT, status=2)
    assert 'Expected one config' in words
    assert str(LABELER) in words and str(MASKCUT) in words
