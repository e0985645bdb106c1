"""Both backends keep one contract: the same labels in, the same labels out."""

import builtins
import copy
import errno
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from helpers import ROOT
from helpers.stores import NAMES, label, make_record, make_store

from mmcuts3d.labels import begin_store, open_shard, open_store
from mmcuts3d.labels.lock import LOCK_FILE

BACKENDS = ['jsonl', 'parquet']
F = 'a' * 16
both = pytest.mark.parametrize('backend', BACKENDS)


def begin(folder, backend, names=NAMES, fingerprint=F, **settings):
    return begin_store(
        folder, names, fingerprint, backend, shard_size=4, **settings
    )


def by_name(store):
    return {record.file_name: record.to_dict() for record in store}


@both
def test_records_come_back_as_they_were(backend, tmp_path):
    summary = make_store(tmp_path, backend, failing=NAMES[5:6])
    expected = {n: make_record(i).to_dict() for i, n in enumerate(NAMES)}
    del expected[NAMES[5]]
    assert (summary.num_images, summary.num_errors) == (10, 1)
    store = open_store(tmp_path)
    assert len(store) == 10
    assert by_name(store) == expected
    assert sorted(store.file_names()) == sorted(expected)
    [(name, message)] = store.errors()
    assert name == NAMES[5] and 'to open' in message
    for index, key in enumerate(store.file_names()):
        assert store.find(key) == index
        assert store.record(index).to_dict() == expected[key]
    assert store.find(NAMES[5]) is None and store.find('none') is None
    with pytest.raises(IndexError):
        store.record(10)
    again = pickle.loads(pickle.dumps(store))
    assert by_name(copy.deepcopy(again)) == expected
    assert (store.info.backend, store.info.fingerprint) == (backend, F)


@both
def test_columns_say_what_the_records_do(backend, tmp_path):
    make_store(tmp_path, backend, failing=NAMES[5:6])
    store = open_store(tmp_path)
    records = list(store)
    columns = store.image_columns()
    assert columns.image_ids.tolist() == [r.image_id for r in records]
    assert {*columns.heights} == {24} and {*columns.widths} == {32}
    numbers = [len(r.annotations) for r in records]
    assert columns.num_masks.tolist() == numbers
    [masks] = store.instance_columns()
    assert masks.images.tolist() == np.repeat(range(10), numbers).tolist()
    rows = [row for r in records for row in r.annotations]
    assert masks.scores.tolist() == [row['score'] for row in rows]
    assert masks.areas.tolist() == [row['area'] for row in rows]
    assert masks.boxes.tolist() == [row['bbox'] for row in rows]
    assert not masks.crowds.any() and not masks.ignored.any()


def test_both_count_the_same(tmp_path):
    for backend in BACKENDS:
        make_store(tmp_path / backend, backend, failing=NAMES[5:7])
    first, second = (open_store(tmp_path / b).statistics() for b in BACKENDS)
    a, b = first.to_sums(), second.to_sums()
    assert a.pop('score_sum') == pytest.approx(b.pop('score_sum'))
    assert a.pop('share_sum') == pytest.approx(b.pop('share_sum'))
    assert a == b
    assert first.reasons == {'Expected IMAGE to open, but got N bytes': 2}
    rows = [r for i in range(11) if i not in (5, 6) for r in [make_record(i)]]
    assert first.num_masks == sum(len(r.annotations) for r in rows)
    assert first.num_maps == sum(
        'confidence' in row for r in rows for row in r.annotations
    )


@both
def test_a_stopped_run_goes_on(backend, tmp_path):
    with begin(tmp_path, backend) as run:
        plans = run.plan()
        label(plans[0])
        label(plans[1], stop=1 if backend == 'parquet' else 0)
    with pytest.raises(ValueError, match=r'stopped|not finished'):
        open_store(tmp_path)
    with begin(tmp_path, backend) as run:
        if backend == 'parquet':
            with pytest.raises(ValueError, match='2 that are not'):
                run.finish()
        assert run.num_done == (5 if backend == 'parquet' else 1)
        for plan in reversed(run.plan()):
            label(plan)
        run.finish()
    make_store(tmp_path / 'whole', backend)
    assert by_name(open_store(tmp_path)) == by_name(
        open_store(tmp_path / 'whole')
    )


@both
def test_failed_images_are_tried_again(backend, tmp_path):
    make_store(tmp_path, backend, failing=NAMES[2:4])
    with begin(tmp_path, backend) as run:
        plans = run.plan()
        assert sorted(n for p in plans for n in p.names) == NAMES[2:4]
        for plan in plans:
            label(plan, failing=NAMES[2:3])
        assert run.finish().num_errors == 1
    store = open_store(tmp_path)
    assert len(store) == 10
    assert [name for name, _ in store.errors()] == NAMES[2:3]


@both
def test_what_is_done_is_left_as_it_is(backend, tmp_path):
    with begin(tmp_path, backend) as run:
        plan = run.plan()[0]
        with open_shard(plan) as writer:
            writer.append(make_record(0))
            other = make_record(0)
            other.image_id = 7
            writer.append(other)
            writer.fail(NAMES[0], 'too late')
            assert writer.done == {NAMES[0]}
            foreign = make_record(0)
            foreign.file_name = 'foreign.jpg'
            with pytest.raises(ValueError, match=r'foreign\.jpg'):
                writer.append(foreign)
        if len(plan.names) > 1:
            with (
                open_shard(plan) as writer,
                pytest.raises(ValueError, match='3 that are neither'),
            ):
                writer.seal()
        for plan in run.plan():
            label(plan)
        run.finish()
    assert by_name(open_store(tmp_path))[NAMES[0]]['image_id'] == 100


@both
def test_changes_are_refused_with_both_values(backend, tmp_path):
    old = {'settings': {'cut': {'k': 8, 'tau': [1, 2]}}}
    begin(tmp_path, backend, provenance=old).close()
    new = {'settings': {'cut': {'k': 16, 'tau': [1, 2]}}}
    with pytest.raises(ValueError, match=r"'b'.*'a+'") as error:
        begin(tmp_path, backend, fingerprint='b', provenance=new)
    assert 'settings.cut.k is 16 and was 8' in str(error.value)
    other = next(b for b in BACKENDS if b != backend)
    with pytest.raises(ValueError, match=f'{other}.*{backend}'):
        begin(tmp_path, other)
    with pytest.raises(ValueError, match=r'11 images.*10 images'):
        begin(tmp_path, backend, names=NAMES[1:])
    begin(tmp_path, other, fingerprint='b', overwrite=True).close()


@both
def test_another_process_is_kept_out(backend, tmp_path):
    code = (
        'import sys; from mmcuts3d.labels import begin_store\n'
        'try: begin_store(sys.argv[1], ["a"], "x", sys.argv[2])\n'
        'except ValueError as error: print(error)'
    )
    with begin(tmp_path, backend):
        output = subprocess.run(
            [sys.executable, '-c', code, tmp_path, backend],
            cwd=ROOT,
            capture_output=True,
            text=True,
        ).stdout
    assert f'process {os.getpid()} on' in output
    assert not (tmp_path / LOCK_FILE).exists()


@both
def test_a_full_disk_loses_nothing(backend, tmp_path, monkeypatch):
    with begin(tmp_path, backend) as run:
        plan = run.plan(1)[0]
        with open_shard(plan) as writer:
            writer.append(make_record(0))

            def full(number):
                raise OSError(errno.ENOSPC, 'No space left on device')

            with monkeypatch.context() as patch:
                patch.setattr(os, 'fsync', full)
                patch.setattr(
                    'mmcuts3d.labels.backends.parquet_shards.SYNC_SECONDS', 0
                )
                if backend == 'parquet':
                    writer._journal.sync_seconds = 0
                with pytest.raises(ValueError, match='No space left') as error:
                    writer.append(make_record(1))
                assert str(tmp_path) in str(error.value)
            assert writer.done == {NAMES[0]}
        for plan in run.plan(1):
            label(plan)
        run.finish()
    assert len(open_store(tmp_path)) == 11


@both
def test_a_disk_that_is_full_in_the_end(backend, tmp_path, monkeypatch):
    with begin(tmp_path, backend) as run:
        for plan in run.plan():
            label(plan)

        def full(old, new):
            raise OSError(errno.ENOSPC, 'No space left on device')

        with monkeypatch.context() as patch:
            patch.setattr(os, 'replace', full)
            with pytest.raises(ValueError, match='No space left') as error:
                run.finish()
        assert str(tmp_path) in str(error.value)
        assert run.finish().num_images == 11
    assert len(open_store(tmp_path)) == 11


@both
def test_two_images_with_one_id_are_refused_first(backend, tmp_path):
    ids = [*range(10), 4]
    with pytest.raises(ValueError, match=r'id 4 for set/004.* set/010'):
        begin(tmp_path, backend, ids=ids)
    assert not list(tmp_path.iterdir())


@both
def test_a_folder_of_somebody_else_is_left_alone(backend, tmp_path):
    for name in ('errors.json', 'summary.json', 'store.json'):
        path = tmp_path / name
        path.write_text('{"mine": 1}')
        if (backend, name) != ('jsonl', 'summary.json'):  # no file of its own
            for overwrite in (False, True):
                with pytest.raises(ValueError, match=name):
                    begin(tmp_path, backend, overwrite=overwrite)
        assert path.read_text() == '{"mine": 1}'
        path.unlink()


def test_images_that_are_not_known_beforehand(tmp_path):
    """A metric is told of one image after the other, in each process."""
    with pytest.raises(ValueError, match='list of its images'):
        begin_store(tmp_path / 'p', None, F, 'parquet')
    with begin_store(tmp_path, None, F) as run:
        plans = run.plan(2)
        assert [plan.is_open for plan in plans] == [True, True]
        for number, plan in enumerate(plans):
            with open_shard(plan) as writer:
                writer.append(make_record(number))
                writer.seal()
        assert run.finish().num_images == 2
    with begin_store(tmp_path, None, F) as run:
        assert (run.num_done, run.is_new) == (2, False)
        with open_shard(run.plan(3)[2]) as writer:
            assert writer.done == {NAMES[0], NAMES[1]}


def test_damaged_shards_are_named(tmp_path):
    make_store(tmp_path, 'parquet')
    path = tmp_path / 'shard-00001-of-00003.parquet'
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    with pytest.raises(ValueError, match=r'shard-00001.*Remove it'):
        open_store(tmp_path)
    with pytest.raises(ValueError, match=r'shard-00001.*Remove it'):
        begin(tmp_path, 'parquet')
    rng = np.random.default_rng(0)
    expected = by_name(make_and_open(tmp_path / 'whole'))
    noticed = 0
    for place in rng.integers(4, len(content) - 8, 60):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            found = by_name(open_store(tmp_path))
        except ValueError as error:
            noticed += 1
            assert str(path) in str(error)
        else:  # a bit of the footer that means nothing to a reader
            assert found == expected
    assert noticed > 30
    path.unlink()
    with begin(tmp_path, 'parquet') as run:
        [plan] = run.plan()
        assert plan.names == tuple(NAMES[4:8])
        label(plan)
        run.finish()
    assert path.read_bytes() == content


def make_and_open(folder):
    make_store(folder, 'parquet')
    return open_store(folder)


def test_a_kill_between_seal_and_removal_of_the_journal(tmp_path):
    """Both are there then; the shard is sealed once more, the same."""
    make_store(tmp_path, 'parquet')
    path = tmp_path / 'shard-00000-of-00003.parquet'
    content = path.read_bytes()
    path.unlink()
    with begin(tmp_path, 'parquet') as run:
        [plan] = run.plan()
        label(plan, stop=3)
        path.write_bytes(content)
    with begin(tmp_path, 'parquet') as run:
        for plan in run.plan():
            label(plan)
        run.finish()
    assert path.read_bytes() == content
    assert not list(tmp_path.glob('*.jsonl'))


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch):
    imported = builtins.__import__

    def without(name, *rest):
        if name.startswith('pyarrow'):
            raise ImportError(name)
        return imported(name, *rest)

    monkeypatch.setattr(builtins, '__import__', without)
    with pytest.raises(ImportError, match='pip install pyarrow'):
        begin(tmp_path, 'parquet')


def test_a_mask_that_cannot_be_kept_is_refused(tmp_path):
    with begin(tmp_path, 'parquet') as run:
        [plan, *_] = run.plan()
    with open_shard(plan) as writer:
        for code in (
            {'size': [24, 31], 'counts': 'PPY1'},
            {'size': [24, 32], 'counts': '~~~'},
            [[1, 2, 3, 4, 5, 6]],
        ):
            record = make_record(1)
            record.annotations[0]['segmentation'] = code
            with pytest.raises(ValueError, match=r'set/001\.jpg: Exp'):
                writer.append(record)
        assert writer.done == set()


def test_other_keys_and_kinds_of_numbers_come_back(tmp_path):
    record = make_record(1)
    record.annotations[0].update(
        area=72.0, bbox=[1, 2, 3.5, 4], ignore=1, note={'a': [1.0, None]}
    )
    with begin(tmp_path, 'parquet', names=NAMES[1:2]) as run:
        with open_shard(run.plan()[0]) as writer:
            writer.append(record)
            writer.seal()
        run.finish()
    [found] = open_store(tmp_path)
    assert repr(sorted(found.annotations[0].items())) == repr(
        sorted(record.annotations[0].items())
    )
    [masks] = open_store(tmp_path).instance_columns()
    assert masks.ignored.all() and masks.boxes.tolist() == [[1, 2, 3.5, 4]]


def test_what_is_no_store_is_named(tmp_path):
    with pytest.raises(ValueError, match='nothing there'):
        open_store(tmp_path / 'none')
    with pytest.raises(ValueError, match='without labels'):
        open_store(tmp_path)
    with pytest.raises(ValueError, match=r"'a'.*twice"):
        begin(tmp_path, 'parquet', names=['a', 'a'])
    with pytest.raises(ValueError, match="'csv'"):
        begin(tmp_path, 'csv')
