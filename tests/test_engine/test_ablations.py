"""Rows of the paper's tables are put over a base, run, and compared."""

import dataclasses
import json
from pathlib import Path

import pytest
from helpers import ROOT
from mmengine.config import Config

from mmcuts3d.cuts import CutS3D
from mmcuts3d.datasets import ConfidenceUse
from mmcuts3d.engine.ablations import (
    Row,
    Run,
    compose,
    find_rows,
    read_row,
    run_all,
    scale_config,
    table_of,
)
from mmcuts3d.engine.ablations.running import last_metrics

FOLDER = ROOT / 'configs' / 'ablations'
ROWS = find_rows([''], FOLDER / 'rows')
COMBINATIONS = [(row, scale) for row in ROWS for scale in row.scales]


def base_of(row, scale):
    return scale_config(scale, row.rounds, FOLDER / 'scales')


@pytest.mark.parametrize(
    ('row', 'scale'),
    COMBINATIONS,
    ids=[f'{row.key}-{scale}' for row, scale in COMBINATIONS],
)
def test_every_row_is_a_run_that_can_be_built(row, scale):
    config = compose(base_of(row, scale), row, seed=3)
    cut = dict(config.train_cfg.labels.model.cut.to_dict())
    CutS3D.from_preset(cut.pop('preset'), **cut)
    confidence = config.train_dataloader.dataset.dataset.get(
        'confidence', True
    )
    if not isinstance(confidence, bool):
        confidence = confidence.to_dict()
    assert ConfidenceUse.from_setting(confidence).any is row.uses_confidence
    assert config.randomness.seed == 3
    assert 'without_confidence' not in config
    rounds = [
        hook.begins
        for hook in config.get('custom_hooks', [])
        if hook.type == 'mmcuts3d.SelfTrainingHook'
    ]
    assert sum(map(len, rounds)) == row.rounds
    if scale == 'imagenet':
        size = config.train_dataloader.batch_size
        assert size == (1 if row.uses_confidence else 2)  # on 4 GPUs
        assert config.train_cfg.max_iters == 160_000 + 80_000 * row.rounds


def test_all_tables_have_rows():
    tables = {row.table for row in ROWS}
    assert tables >= {
        *('Table 4', 'Table 6', 'Table 7', 'Table 8'),
        *('Table 5a', 'Table 5b', 'Table 5c', 'Table 5d'),
        *(f'Supplement, Table {name}' for name in ('1', '3a', '3b', '5')),
    }
    names = [(row.table, row.name) for row in ROWS]
    assert len(set(names)) == len(names)


def test_a_row_changes_what_it_says_and_nothing_else():
    (row,) = find_rows(['table4/1'], FOLDER / 'rows')
    base = base_of(row, 'imagenet')
    before = Config.fromfile(base)
    after = compose(base, row)
    cut = after.train_cfg.labels.model.cut
    assert cut.local is False and cut.early_stop == 1
    assert cut.semantic == {
        'tau_ncut': 0.15,
        'sharpening': None,
        'removal': 'zero',
    }
    assert cut.num_instances == 3  # the base's own
    assert after.train_cfg.labels.model.features == (
        before.train_cfg.labels.model.features
    )
    assert after.model == before.model


def test_another_depth_replaces_the_base_s(tmp_path):
    (row,) = find_rows(['table8/kick'], FOLDER / 'rows')
    depth = compose(base_of(row, 'imagenet'), row).train_cfg.labels.model.depth
    assert depth.to_dict() == {
        'type': 'mmcuts3d.DepthFromFiles',
        'root': 'data/imagenet/depth_kick-back-relax',
    }


def write_row(folder, text):
    path = folder / 'table9' / 'row.py'
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


ABOUT = "ablation = dict(table='Table 9', name='x')\n"


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('cut = dict()\n', 'to have `ablation`.*None'),
        ("ablation = dict(table='Table 9')\n", '`name`'),
        (ABOUT + 'ct = dict()\n', r"differ in .*'cut'.*\['ct'\]"),
        (
            "ablation = dict(table='T', name='x', round=1)\n",
            "others of .*'rounds'",
        ),
    ],
)
def test_a_broken_row_is_named(tmp_path, text, message):
    path = write_row(tmp_path, text)
    with pytest.raises(ValueError, match=message) as error:
        read_row(path)
    assert str(path) in str(error.value)


def test_words_find_rows():
    folder = FOLDER / 'rows'
    keys = [row.key for row in find_rows(['table7', 'table7/4'], folder)]
    assert keys == [
        f'table7/{name}'
        for name in ('1_none', '2_selection', '3_blending', '4_loss')
    ]
    (own,) = find_rows([str(folder / 'table7' / '1_none.py')], folder)
    assert own.key == 'table7/1_none'
    with pytest.raises(ValueError, match="among .*table7.*'table9'"):
        find_rows(['table9'], folder)


def test_a_base_that_does_not_label_is_refused():
    base = (
        FOLDER.parent
        / 'cuts3d'
        / ('cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py')
    )
    with pytest.raises(ValueError, match='label and train in one run'):
        compose(base, ROWS[0])
    with pytest.raises(ValueError, match='scenes-3rounds'):
        scale_config('scenes', 3, FOLDER / 'scales')


def test_a_variant_follows_the_settings_of_its_base():
    row = read_row(FOLDER / 'rows' / 'beyond' / '3_teacher.py')
    base = scale_config('scenes', row.rounds, FOLDER / 'scales')
    config = compose(base, row, options={'max_iters': 60})
    (hook,) = config.custom_hooks
    assert (hook.type, hook.begin) == ('mmcuts3d.OnlineTeacherHook', 30)
    assert 'variants' not in config
    other = dataclasses.replace(row, variant='student')
    with pytest.raises(ValueError, match=r"'student'.*3_teacher.*'teacher'"):
        compose(base, other)


def test_the_rate_falls_in_the_last_quarter():
    for rounds in (0, 1):
        base = scale_config('scenes', rounds, FOLDER / 'scales')
        config = compose(base, ROWS[0], options={'max_iters': 80})
        _, last = config.param_scheduler
        assert (last.begin, last.end, last.end_factor) == (60, 80, 0.01)


def log(work_dir, ap, start='20260101'):
    path = work_dir / start / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    rows = [
        {'loss': 1.0, 'step': 5},
        {'object/segm_AP': ap, 'object/segm_AP50': 2 * ap, 'step': 10},
    ]
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))


@pytest.fixture
def trained(tmp_path):
    """Runs that measure their seed; and what was trained."""
    calls = []

    def train(config, work_dir):
        loaded = Config.fromfile(config)
        calls.append(loaded)
        log(work_dir, 10.0 + loaded.randomness.seed)

    def run(words, seeds=(0,), **options):
        rows = find_rows(words, FOLDER / 'rows')
        return run_all(
            rows,
            lambda row: base_of(row, 'scenes'),
            seeds,
            tmp_path,
            train,
            options,
        )

    run.calls = calls
    return run


def test_runs_are_trained_once(trained):
    runs = trained(['table7/1', 'table7/4'], (0, 1), max_iters=40)
    assert [run.metrics['AP'] for run in runs] == [10, 11, 10, 11]
    assert len(trained.calls) == 4
    assert {config.train_cfg.max_iters for config in trained.calls} == {40}
    again = trained(['table7/1', 'table7/4'], (0, 1), max_iters=40)
    assert len(trained.calls) == 4
    assert [run.metrics for run in again] == [run.metrics for run in runs]


def test_rows_that_are_one_run_are_run_once(trained):
    runs = trained(['table7/4', 'table6/initial', 'table5/d_patches'])
    assert len(trained.calls) == 1
    assert len({run.work_dir for run in runs}) == 1


def test_rows_that_cut_alike_share_labels(trained):
    trained(['table7', 'supplement/1_beta-0.3'])
    folders = [config.train_cfg.labels.out_dir for config in trained.calls]
    assert len(folders) == 5
    assert len(set(folders[:4])) == 1 and folders[4] != folders[0]
    for config, folder in zip(trained.calls, folders, strict=True):
        labels = config.train_dataloader.dataset.dataset.ann_file
        assert str(Path(labels).parent) == folder


def test_rounds_stay_with_their_run(trained):
    runs = trained(['table4/4', 'table4/3'])
    hooks = [config.custom_hooks[0] for config in trained.calls]
    assert [hook.out_dir for hook in hooks] == [
        str(run.work_dir / 'rounds') for run in runs
    ]


def test_a_run_without_a_validation_is_named(tmp_path):
    row = ROWS[0]

    def train(config, work_dir):
        path = work_dir / '1' / 'vis_data' / 'scalars.json'
        path.parent.mkdir(parents=True)
        path.write_text('{"loss": 1.0, "step": 5}\n')

    with pytest.raises(RuntimeError, match=f'{row.key}.*validation'):
        run_all(
            [row], lambda row: base_of(row, 'scenes'), [0], tmp_path, train
        )


def test_the_last_validation_counts(tmp_path):
    log(tmp_path, 3.0, '20260101')
    log(tmp_path, 5.0, '20260102')
    assert last_metrics(tmp_path) == {'AP': 5.0, 'AP50': 10.0}


def test_the_table_has_mean_and_spread():
    def run(name, seed, ap, **paper):
        row = Row(
            path=Path('table7') / f'{name}.py',
            table='Table 7',
            name=name,
            changes={},
            paper=paper,
        )
        metrics = {'AP': ap, 'AP50': 2 * ap}
        return Run(row=row, seed=seed, work_dir=Path(), metrics=metrics)

    runs = [run('a', 0, 1.0), run('a', 1, 3.0), run('b', 0, 2.5, AP=9.1)]
    assert table_of(runs).splitlines() == [
        '| Table 7 | seeds | AP | AP50 | AP75 | paper AP | paper AP50 '
        '| paper AP75 |',
        '|---|---:|---:|---:|---:|---:|---:|---:|',
        '| a | 2 | 2.0 ± 1.4 | 4.0 ± 2.8 |  |  |  |  |',
        '| b | 1 | 2.5 | 5.0 |  | 9.1 |  |  |',
    ]
