"""Stores merge as the dicts of their files do."""

import pytest
from helpers.stores import NAMES, make_store

from mmcuts3d.labels import (
    StoreMerge,
    build_labels,
    merge_rounds,
    merge_stores,
    open_store,
)
from mmcuts3d.labels.backends import ParquetRun

#: Of a Parquet run: provenance, overwrite, images of a shard, ids.
SMALL_SHARDS = (None, False, 4, None)
ARGUMENTS = {'score_thr': 0.5, 'iou_thr': 0.3}


def labels_of(store):
    return build_labels(list(store))


@pytest.mark.parametrize('keep', [False, True])
@pytest.mark.parametrize('backend', ['jsonl', 'parquet'])
def test_stores_and_dicts_merge_alike(backend, keep, tmp_path):
    """Failed images of either side, other masks, images of one side only."""
    make_store(tmp_path / 'a', backend, failing=NAMES[3:5], names=NAMES[:9])
    make_store(tmp_path / 'b', backend, failing=NAMES[7:8], seed=1)
    stores = [open_store(tmp_path / name) for name in 'ab']
    summary = merge_stores(
        *stores, tmp_path / 'c', keep_confidence=keep, **ARGUMENTS
    )
    expected = merge_rounds(
        *map(labels_of, stores), keep_confidence=keep, **ARGUMENTS
    )
    merged = open_store(tmp_path / 'c')
    actual = labels_of(merged)
    assert actual['images'] == expected['images']
    assert actual['annotations'] == expected['annotations']
    assert summary.num_masks == len(expected['annotations']) > 5
    assert len({len(r.annotations) for r in merged}) > 2
    # Again it is there already; with other thresholds it is refused.
    again = merge_stores(
        *stores, tmp_path / 'c', keep_confidence=keep, **ARGUMENTS
    )
    assert again == summary
    with pytest.raises(ValueError, match=r'score_thr is 0.6 and was 0.5'):
        merge_stores(*stores, tmp_path / 'c', 0.6, 0.3, keep)


def test_an_id_in_use_is_refused(tmp_path):
    make_store(tmp_path / 'a', 'parquet', names=NAMES[:2])
    make_store(tmp_path / 'b', 'jsonl', names=NAMES[2:3])
    file = tmp_path / 'b' / 'pseudo_labels.json'
    file.write_text(file.read_text().replace(' 98', ' 100'))
    stores = [open_store(tmp_path / name) for name in 'ab']
    with pytest.raises(ValueError, match='id of its own, but got id 100'):
        merge_stores(*stores, tmp_path / 'c', **ARGUMENTS)


@pytest.mark.parametrize('backend', ['jsonl', 'parquet'])
def test_a_merge_is_known_by_contents_and_not_by_paths(backend, tmp_path):
    make_store(tmp_path / 'a', backend)
    make_store(tmp_path / 'b', backend, seed=1)
    stores = [open_store(tmp_path / name) for name in 'ab']
    summary = merge_stores(*stores, tmp_path / 'c', **ARGUMENTS)
    digests = [store.digest() for store in stores]
    (tmp_path / 'a').rename(tmp_path / 'moved')
    moved = open_store(tmp_path / 'moved')
    assert moved.digest() == digests[0] != digests[1]
    again = merge_stores(moved, stores[1], tmp_path / 'c', **ARGUMENTS)
    assert again == summary
    make_store(tmp_path / 'b', backend, seed=2, overwrite=True)
    other = open_store(tmp_path / 'b')
    with pytest.raises(ValueError, match=r'settings\.new is '):
        merge_stores(moved, other, tmp_path / 'c', **ARGUMENTS)


def test_a_merge_that_was_stopped_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(ParquetRun.__init__, '__defaults__', SMALL_SHARDS)
    for seed, name in enumerate('ab'):
        make_store(tmp_path / name, 'parquet', seed=seed)
    stores = [open_store(tmp_path / name) for name in 'ab']
    summary = merge_stores(*stores, tmp_path / 'whole', **ARGUMENTS)
    with pytest.raises(ValueError, match='`plan`'):
        StoreMerge(*stores, tmp_path / 'c', **ARGUMENTS).finish()
    first = StoreMerge(*stores, tmp_path / 'c', **ARGUMENTS)
    shards = first.plan()
    assert first.size(shards) == 11 and len(shards) == 3
    seen = []
    first.label(shards[2], seen.append)
    assert seen == [3]
    with pytest.raises(ValueError, match='2 that are not'):
        first.finish()
    first.close()
    again = merge_stores(*stores, tmp_path / 'c', **ARGUMENTS)
    assert again == summary
    assert labels_of(open_store(tmp_path / 'c')) == labels_of(
        open_store(tmp_path / 'whole')
    )
