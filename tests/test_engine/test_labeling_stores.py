"""A job in either kind of store: any order, kills, changed settings."""

import json
import math
from pathlib import Path

import pytest
from helpers.labeling import CONFIG, BrightnessLabeler, write_images
from mmengine.registry import DefaultScope, init_default_scope

from mmcuts3d.engine.labeling import (
    LabelingJob,
    folder_dataloader,
    run_labeling,
)
from mmcuts3d.labels import BACKENDS, LABEL_FILE, open_store, read_labels
from mmcuts3d.labels.backends import ParquetRun
from mmcuts3d.labels.backends.label_writer import LabelWriter

#: Of a Parquet run: provenance, overwrite, images of a shard, ids.
SMALL_SHARDS = (None, False, 3, None)


@pytest.fixture(autouse=True)
def fresh_labeler():
    BrightnessLabeler.seen = []
    BrightnessLabeler.fail_after = math.inf
    init_default_scope('mmdet')
    yield
    BrightnessLabeler.fail_after = math.inf
    DefaultScope._instance_dict.clear()


@pytest.fixture
def images(tmp_path):
    return write_images(tmp_path / 'images')


def job_of(images, out, **settings):
    loader = folder_dataloader(CONFIG['test_dataloader'], images)
    return LabelingJob(CONFIG['model'], loader, out, **settings)


def content_of(folder):
    """Bytes of the files of a finished store, without its manifest."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if not path.name.startswith(('records.', 'store.json'))
    }


both = pytest.mark.parametrize('store', BACKENDS)


@both
def test_shards_may_be_labeled_anywhere_in_any_order(
    store, images, tmp_path, monkeypatch
):
    """By jobs of their own, as processes of any launcher have them."""
    monkeypatch.setattr(ParquetRun.__init__, '__defaults__', SMALL_SHARDS)
    whole = job_of(images, tmp_path / 'whole', store=store)
    expected = run_labeling(whole)
    driver = job_of(images, tmp_path / 'out', store=store)
    shards = driver.plan(3)
    assert [shard.images for shard in shards] == (
        [(0, 3, 6), (1, 4), (2, 5)]
        if store == 'jsonl'
        else [(0, 1, 2), (3, 4, 5), (6,)]
    )
    assert {shard.fingerprint for shard in shards} == {driver.fingerprint}
    for shard in reversed(shards):
        job_of(images, tmp_path / 'out').label(shard)
    result = driver.finish()
    assert result.statistics == expected.statistics
    assert content_of(tmp_path / 'out') == content_of(tmp_path / 'whole')
    kind = Path.is_file if store == 'jsonl' else Path.is_dir
    assert kind(result.label_file)
    assert [line[:7] for line in result.errors()] == ['3.png: ']
    assert f'6 masks in 6 images, mean score 0.750: {result.label_file}' == (
        result.summary
    )
    # What is done is in no plan; what failed is.
    again = job_of(images, tmp_path / 'out')
    left = [shard.images for shard in again.plan(2)]
    assert left == ([(3,), ()] if store == 'jsonl' else [(3,)])
    again.close()


@both
def test_a_killed_run_goes_on_and_ends_the_same(store, images, tmp_path):
    expected = run_labeling(job_of(images, tmp_path / 'whole', store=store))
    BrightnessLabeler.seen = []
    BrightnessLabeler.fail_after = 5
    with pytest.raises(RuntimeError, match='killed'):
        run_labeling(job_of(images, tmp_path / 'out', store=store))
    with pytest.raises(ValueError, match='stopped'):
        open_store(tmp_path / 'out')
    BrightnessLabeler.seen = []
    BrightnessLabeler.fail_after = math.inf
    result = run_labeling(job_of(images, tmp_path / 'out'))
    seen = [path.rpartition('/')[2] for path in BrightnessLabeler.seen]
    assert seen == ['3.png', '4.png', '5.png', '6.png']
    assert result.statistics == expected.statistics
    assert content_of(tmp_path / 'out') == content_of(tmp_path / 'whole')


@both
def test_an_image_that_failed_is_tried_again(store, images, tmp_path):
    first = run_labeling(job_of(images, tmp_path / 'out', store=store))
    assert (first.num_errors, first.exit_code) == (1, 3)
    write_images(tmp_path / 'more')
    (tmp_path / 'more' / '2.png').rename(images / '3.png')
    BrightnessLabeler.seen = []
    second = run_labeling(job_of(images, tmp_path / 'out'))
    assert len(BrightnessLabeler.seen) == 1
    assert (second.num_images, second.exit_code) == (7, 0)
    assert list(open_store(tmp_path / 'out').errors()) == []
    # Nothing is left, and nothing changes.
    content = content_of(tmp_path / 'out')
    assert run_labeling(job_of(images, tmp_path / 'out')) == second
    assert content_of(tmp_path / 'out') == content


@both
def test_a_changed_setting_is_named_with_both_values(store, images, tmp_path):
    run_labeling(job_of(images, tmp_path / 'out', store=store))
    changed = job_of(images, tmp_path / 'out', score_thr=0.5)
    changed.model = {**CONFIG['model'], 'threshold': 128}
    with pytest.raises(ValueError, match='other settings') as error:
        run_labeling(changed)
    assert 'settings.score_thr is 0.5 and was 0.0' in str(error.value)
    assert 'settings.model.threshold is 128 and was None' in str(error.value)
    weights = tmp_path / 'weights.pth'
    weights.write_bytes(b'1')
    with pytest.raises(
        ValueError, match=r'weights\.checkpoint is .*pth.* was None'
    ):
        run_labeling(job_of(images, tmp_path / 'out', checkpoint=weights))
    other = next(name for name in BACKENDS if name != store)
    with pytest.raises(ValueError, match=f'{other}.*{store}'):
        run_labeling(job_of(images, tmp_path / 'out', store=other))
    info = open_store(tmp_path / 'out').info
    assert info.backend == store
    assert info.provenance['settings']['max_per_image'] == 100


def test_a_folder_of_version_0_2_goes_on(images, tmp_path):
    """It has journals, and no manifest."""
    run_labeling(job_of(images, tmp_path / 'whole'))
    out = tmp_path / 'out'
    job = job_of(images, out)
    for rank, number in enumerate((5, 0)):
        old = LabelWriter(out, job.fingerprint, rank)
        store = open_store(tmp_path / 'whole')
        old.append(store.record(store.find(f'{number}.png')))
        old.close()
    assert not (out / 'store.json').exists()
    BrightnessLabeler.seen = []
    run_labeling(job)
    assert len(BrightnessLabeler.seen) == 5
    labels = [read_labels(f / LABEL_FILE) for f in (out, tmp_path / 'whole')]
    assert labels[0] == labels[1]
    # Refused, it stays what it was: a run with the old settings goes on.
    (out / 'store.json').unlink()
    assert [name for name, _ in open_store(out).errors()] == ['3.png']
    with pytest.raises(ValueError, match='other settings'):
        job_of(images, out, score_thr=0.5).plan()
    assert not (out / 'store.json').exists()
    with pytest.raises(ValueError, match="begun as 'jsonl'"):
        job_of(images, out, store='parquet').plan()


@both
def test_ids_that_changed_are_refused_by_the_plan(store, images, tmp_path):
    ann_file = tmp_path / 'images.json'

    def job(*ids):
        rows = [
            {'id': number, 'file_name': f'{place}.png'}
            for place, number in enumerate(ids)
        ]
        ann_file.write_text(json.dumps({'images': rows}))
        found = job_of(images, tmp_path / 'out', store=store)
        found.dataloader['dataset']['ann_file'] = str(ann_file)
        return found

    BrightnessLabeler.fail_after = 2
    with pytest.raises(RuntimeError, match='killed'):
        run_labeling(job(7, 8, 9))
    # The third, which has no labels yet, is given the id of the first.
    with pytest.raises(ValueError, match=r'ids|id 7 for 0\.png and for 2'):
        job(9, 8, 7).plan()
