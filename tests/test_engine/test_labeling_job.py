"""The labeling job: shards anywhere, one fingerprint, every way to spell."""

import os
import runpy

import pytest
import torch
from helpers import ROOT
from helpers.labeling import CONFIG, BrightnessLabeler, write_images
from mmengine.config import Config

from mmcuts3d.engine.labeling import (
    LabelingJob,
    LabelingResult,
    folder_dataloader,
    labeling_fingerprint,
    run_labeling,
)
from mmcuts3d.engine.test_runner import TestRunner
from mmcuts3d.labels import ImageRecord
from mmcuts3d.labels.backends.label_writer import LabelWriter
from mmcuts3d.registry import MODELS


def job_of(images, out, **settings):
    loader = folder_dataloader(CONFIG['test_dataloader'], images)
    return LabelingJob(CONFIG['model'], loader, out, **settings)


def test_an_id_that_the_store_gave_away_is_refused_by_the_plan(
    images, tmp_path
):
    job = job_of(images, tmp_path / 'out')
    writer = LabelWriter(tmp_path / 'out', job.fingerprint)
    writer.append(ImageRecord('gone.png', 4, 4, 1))
    writer.close()
    with pytest.raises(ValueError, match=r'id 1 for gone\.png and for '):
        job.plan()


def test_a_job_is_finished_where_it_was_planned(images, tmp_path):
    with pytest.raises(ValueError, match='`plan`'):
        job_of(images, tmp_path / 'out').finish()


def test_the_same_folder_spelt_otherwise_goes_on(
    images, tmp_path, monkeypatch
):
    run_labeling(job_of(images, tmp_path / 'out'))
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'link').symlink_to(images)
    (tmp_path / 'sub').mkdir()
    for spelt in ('images', './images/', 'sub/../images', f'{images}//'):
        BrightnessLabeler.seen = []
        assert run_labeling(job_of(spelt, 'out')).num_images == 6
        assert len(BrightnessLabeler.seen) == 1
    assert run_labeling(job_of('link', 'out')).num_images == 6
    other = write_images(tmp_path / 'other')
    with pytest.raises(ValueError, match='other settings or images'):
        run_labeling(job_of(other, 'out'))


def test_paths_in_any_config_count_as_what_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def of(**dataset):
        wrapped = {'type': 'RepeatDataset', 'dataset': dataset}
        return labeling_fingerprint({'dataset': wrapped})

    base = of(
        data_root='data/', ann_file='a.json', data_prefix={'img': 'images/'}
    )
    assert base == of(
        data_root='',
        ann_file=f'{tmp_path}/data/a.json',
        data_prefix={'img': './data/images'},
    )
    assert base == of(
        ann_file='data/a.json', data_prefix={'img': 'data//images'}
    )
    assert base != of(
        data_root='data/', ann_file='b.json', data_prefix={'img': 'images/'}
    )
    assert base != of(
        data_root='data2', ann_file='a.json', data_prefix={'img': 'images/'}
    )
    depth = labeling_fingerprint({'depth': {'root': 'depth'}})
    assert depth == labeling_fingerprint({'depth': {'root': './depth/'}})
    assert depth != labeling_fingerprint({'depth': {'root': 'depths'}})
    # An address is no path, and no annotations are no folder.
    remote = {'ann_file': 's3://a//b', 'data_prefix': {'img': 's3://a//c'}}
    assert of(**remote) != of(**{**remote, 'ann_file': 's3://a/b'})
    assert of(ann_file='', data_root='x') != of(ann_file='.', data_root='x')


def test_a_module_is_known_by_weights_and_settings(images, tmp_path):
    loader = folder_dataloader(CONFIG['test_dataloader'], images)
    one, other = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    jobs = [
        LabelingJob(one, loader, tmp_path),
        LabelingJob(other, loader, tmp_path),
        LabelingJob(one, loader, tmp_path, settings={'threshold': 1}),
        LabelingJob(one, loader, tmp_path, score_thr=0.5),
        LabelingJob(one, loader, tmp_path, max_per_image=7),
    ]
    assert len({job.fingerprint for job in jobs}) == len(jobs)
    # Neither where nor how fast it runs.
    faster = {**loader, 'batch_size': 7, 'num_workers': 2}
    same = LabelingJob(one, faster, tmp_path / 'x', device='cpu')
    assert same.fingerprint == jobs[0].fingerprint


@MODELS.register_module()
class GreedyLabeler(BrightnessLabeler):
    """Changes its config, as some detectors of mmdet do."""

    def __init__(self, more, **settings):
        more['used'] = more.pop('fresh')
        super().__init__(**settings)


def test_a_model_that_changes_its_config_is_the_same_one(images, tmp_path):
    model = {
        **CONFIG['model'],
        'type': 'mmcuts3d.GreedyLabeler',
        'more': {'fresh': 1},
    }
    job = job_of(images, tmp_path / 'first')
    job.model = model
    before = job.fingerprint
    run_labeling(job)
    assert model['more'] == {'fresh': 1}
    assert job.fingerprint == before


def test_the_model_runs_where_it_is_told(images, tmp_path):
    job = job_of(images, tmp_path / 'out', device='cpu')
    assert run_labeling(job).num_images == 6
    if not torch.cuda.is_available():
        job = job_of(images, tmp_path / 'gpu', device='cuda:1')
        with pytest.raises(ValueError, match="`device` .*'cuda:1'"):
            run_labeling(job)
        assert not (tmp_path / 'gpu').exists()
    job = job_of(images, tmp_path / 'gpu', device='nowhere')
    with pytest.raises(ValueError, match="`device` .*'nowhere'"):
        run_labeling(job)


def test_a_run_that_stops_lets_go_of_the_folder(images, tmp_path):
    BrightnessLabeler.fail_after = 2
    job = job_of(images, tmp_path / 'out')
    with pytest.raises(RuntimeError, match='killed'):
        run_labeling(job)
    names = sorted(os.listdir(tmp_path / 'out'))
    assert names == ['records.rank0.jsonl', 'store.json']


@pytest.mark.parametrize(
    ('images', 'errors', 'code'),
    [(5, 0, 0), (0, 0, 0), (5, 1, 3), (0, 4, 1)],
)
def test_exit_codes_tell_all_from_some_from_none(
    images, errors, code, tmp_path
):
    result = LabelingResult(tmp_path, images, 7, errors, 0.5)
    assert result.exit_code == code
    assert result.failures == (
        f'{errors} of {images + errors} images failed: '
        f'{tmp_path / "errors.json"}'
    )


def loop_config(images, tmp_path, **changes):
    dataset = {
        **CONFIG['test_dataloader']['dataset'],
        'data_prefix': {'img': str(images)},
    }
    return Config(
        {
            **CONFIG,
            'custom_imports': {'imports': ['helpers.labeling']},
            'test_dataloader': {
                **CONFIG['test_dataloader'],
                'dataset': dataset,
            },
            'test_cfg': {
                'type': 'mmcuts3d.LabelingLoop',
                'out_dir': str(tmp_path / 'labels'),
            },
            'test_evaluator': [],
            'work_dir': str(tmp_path / 'work'),
            'log_level': 'WARNING',
            'experiment_name': f'labeling_loop_{tmp_path.name}',
            **changes,
        }
    )


def test_a_config_names_the_loop(images, tmp_path):
    runner = TestRunner.from_cfg(loop_config(images, tmp_path))
    measures = runner.test()
    assert measures == {
        'labels/num_images': 6,
        'labels/num_masks': 6,
        'labels/num_errors': 1,
        'labels/mean_score': 0.75,
    }
    assert runner.test_loop.result.label_file.is_file()
    BrightnessLabeler.seen = []
    again = loop_config(images, tmp_path, experiment_name='loop_again')
    assert TestRunner.from_cfg(again).test() == measures
    assert len(BrightnessLabeler.seen) == 1
    # Another setting of the model is another run.
    other = loop_config(images, tmp_path, experiment_name='loop_other')
    other.model.threshold = 200
    with pytest.raises(ValueError, match='other settings'):
        TestRunner.from_cfg(other).test()


def test_the_loop_measures_nothing(images, tmp_path):
    config = loop_config(
        images,
        tmp_path,
        test_evaluator={'type': 'mmcuts3d.CorLocMetric'},
    )
    runner = TestRunner.from_cfg(config)
    with pytest.raises(ValueError, match='`test_evaluator`.*evaluate_labels'):
        runner.test()


@pytest.mark.parametrize('kind', ['loop', 'metric'])
def test_the_test_command_says_what_failed(
    kind, images, tmp_path, monkeypatch, capsys
):
    """By the loop, and by the metric that shipped configs name."""
    config = loop_config(images, tmp_path, experiment_name=f'command_{kind}')
    if kind == 'metric':
        config.test_cfg = {'type': 'TestLoop'}
        config.test_evaluator = {
            'type': 'mmcuts3d.DumpPseudoLabels',
            'out_dir': str(tmp_path / 'labels'),
        }
    config.log_level = 'INFO'
    config.dump(tmp_path / 'config.py')
    path = ROOT / 'tools' / 'test.py'
    monkeypatch.setattr('sys.argv', ['test', str(tmp_path / 'config.py')])
    monkeypatch.setenv('LOCAL_RANK', '0')
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(path), run_name='__main__')
    assert stop.value.code == 3
    last = capsys.readouterr().out.splitlines()[-1]
    assert f'1 of 7 images failed: {tmp_path}/labels/errors.json' in last
