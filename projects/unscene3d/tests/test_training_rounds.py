"""Rounds of self-training, and what is left when they are stopped."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.hooks import CheckpointHook

from projects.unscene3d.tests.tiny_scenes import (
    small_model,
    tiny_scene,
    true_masks,
)
from projects.unscene3d.unscene3d.training import (
    RoundsRecord,
    SelfTraining,
    read_scene_labels,
    self_training,
    write_scene_labels,
)


def config_of(labels, **settings):
    pack = dict(type='mmcuts3d.PackScene')
    return Config(
        dict(
            default_scope='mmdet',
            custom_imports=dict(imports=['projects.unscene3d.unscene3d']),
            model=small_model(),
            train_dataloader=dict(
                batch_size=2,
                num_workers=0,
                sampler=dict(type='SceneEpochSampler'),
                collate_fn=dict(type='pseudo_collate'),
                dataset=dict(
                    type='mmcuts3d.PseudoMaskScenes',
                    scenes=dict(type='mmcuts3d.TinyScenes', number=2),
                    labels=str(labels),
                    pipeline=[dict(type='mmcuts3d.RandomPose'), pack],
                ),
            ),
            test_pipeline=[pack],
            train_cfg=dict(by_epoch=True, max_epochs=3),
            optim_wrapper=dict(optimizer=dict(type='AdamW', lr=1e-3)),
            randomness=dict(seed=0),
            default_hooks=dict(
                checkpoint=dict(
                    type='CheckpointHook', interval=1, max_keep_ckpts=2
                )
            ),
            log_level='WARNING',
            self_training=dict(
                rounds=2,
                later=dict(train_cfg=dict(max_epochs=2)),
                rule=dict(min_score=0),
                **settings,
            ),
        )
    )


def write_first(folder):
    """One true mask of each of two scenes."""
    for seed in range(2):
        scene, segments = tiny_scene(seed)
        write_scene_labels(
            folder, scene.name, true_masks(scene, segments, only=[1])
        )


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A self-training that nothing disturbed."""
    folder = tmp_path_factory.mktemp('whole')
    write_first(folder / 'first')
    training = SelfTraining(
        config_of(folder / 'first'), folder / 'first', folder / 'work'
    )
    return folder, training.run()


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*.npz'))
    }


def test_rounds_leave_what_they_say(trained):
    folder, rounds = trained
    assert [entry['round'] for entry in rounds] == [1, 2]
    record = json.loads((folder / 'work' / 'rounds.json').read_text())
    assert record['rounds'] == rounds
    for entry in rounds:
        work = folder / 'work' / f'round_{entry["round"]}'
        assert (work / entry['checkpoint']).is_file()
        masks = 0
        for name in ('tiny_0', 'tiny_1'):
            first = read_scene_labels(folder / 'first', name)
            labels = read_scene_labels(work / 'labels', name)
            masks += len(labels)
            np.testing.assert_array_equal(labels.masks[:1], first.masks)
            assert len(labels) <= 6
            found = read_scene_labels(work / 'predictions', name)
            rows = {mask.tobytes() for mask in found.masks}
            assert {mask.tobytes() for mask in labels.masks[1:]} <= rows
        assert entry['masks'] == masks == entry['new'] + 2
        assert 0 < entry['covered'] <= 1


def test_the_next_round_starts_from_the_one_before(trained):
    folder, _ = trained
    training = SelfTraining(
        config_of(folder / 'first'), folder / 'first', folder / 'work'
    )
    config = training.round_config(2)
    assert config.resume and config.load_from.endswith('round_2/epoch_2.pth')
    (folder / 'work' / 'round_2' / 'last_checkpoint').rename(folder / 'aside')
    try:
        config = training.round_config(2)
    finally:
        (folder / 'aside').rename(
            folder / 'work' / 'round_2' / 'last_checkpoint'
        )
    assert not config.resume
    assert config.load_from.endswith('round_1/epoch_3.pth')
    assert config.train_dataloader.dataset.labels.endswith('round_1/labels')
    assert training.round_config(3).load_from.endswith('round_2/epoch_2.pth')
    assert training.run() == trained[1]


def training_of(folder):
    first = folder / 'first'
    return SelfTraining(config_of(first), first, folder / 'work')


def assert_ends_like(trained, folder):
    """The same pseudo-masks as without a stop, to the byte."""
    assert training_of(folder).run() == trained[1]
    whole = contents(trained[0] / 'work')
    assert len(whole) == 8
    assert contents(folder / 'work') == whole


class Stopped(BaseException):
    """Nobody catches it."""


def stop(*args):
    """Stands for the end of the process: nothing after it is written."""
    raise Stopped


def test_stopped_while_a_checkpoint_is_written(trained, tmp_path, monkeypatch):
    write_first(tmp_path / 'first')
    save, saved = CheckpointHook._save_checkpoint, []

    def save_half(hook, runner):
        saved.append(runner.epoch)
        if len(saved) == 2:
            (Path(runner.work_dir) / 'epoch_2.pth').write_bytes(b'half')
            raise Stopped
        save(hook, runner)

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointHook, '_save_checkpoint', save_half)
        with pytest.raises(Stopped):
            training_of(tmp_path).run()
    assert saved == [0, 1]
    assert_ends_like(trained, tmp_path)


@pytest.mark.parametrize('calls', [1, 2, 3, 4])
def test_stopped_between_the_labels_of_scenes(
    trained, tmp_path, monkeypatch, calls
):
    write_first(tmp_path / 'first')
    # The training is that of the other run: it is not what is tested here.
    work = tmp_path / 'work' / 'round_1'
    shutil.copytree(
        trained[0] / 'work' / 'round_1',
        work,
        ignore=shutil.ignore_patterns('labels', 'predictions', '2*'),
    )
    written = []

    def write(*args):
        written.append(args)
        if len(written) == calls:
            raise Stopped
        return write_scene_labels(*args)

    with monkeypatch.context() as patch:
        patch.setattr(self_training, 'write_scene_labels', write)
        with pytest.raises(Stopped):
            training_of(tmp_path).run()
    with monkeypatch.context() as patch:
        patch.setattr(RoundsRecord, 'add', stop)
        with pytest.raises(Stopped):
            training_of(tmp_path).run()
    shutil.copytree(
        trained[0] / 'work' / 'round_2',
        tmp_path / 'work' / 'round_2',
        ignore=shutil.ignore_patterns('labels', 'predictions', '2*'),
    )
    assert_ends_like(trained, tmp_path)


def test_a_folder_of_other_settings_is_not_taken(trained, tmp_path):
    folder, _ = trained
    first, work = folder / 'first', folder / 'work'
    config = config_of(first)
    config.train_dataloader.num_workers = 1  # decides nothing
    SelfTraining(config, first, work)
    config.model.test_cfg.min_vertices = 11
    with pytest.raises(ValueError, match='choose another folder'):
        SelfTraining(config, first, work)
    write_first(tmp_path)
    scene, segments = tiny_scene(0)
    write_scene_labels(tmp_path, scene.name, true_masks(scene, segments))
    with pytest.raises(ValueError, match='choose another folder'):
        SelfTraining(config_of(first), tmp_path, work)


def test_a_damaged_record_is_said(tmp_path):
    write_first(tmp_path / 'first')
    (tmp_path / 'work').mkdir()
    (tmp_path / 'work' / 'rounds.json').write_text('{"rounds"')
    with pytest.raises(ValueError, match=r'rounds\.json'):
        SelfTraining(
            config_of(tmp_path), tmp_path / 'first', tmp_path / 'work'
        )


def test_configs_that_lack_something(tmp_path):
    for key in ('self_training', 'test_pipeline', 'randomness', 'train_cfg'):
        config = config_of(tmp_path)
        config.pop(key)
        with pytest.raises(ValueError, match=key):
            SelfTraining(config, Path(tmp_path), tmp_path / 'work')
