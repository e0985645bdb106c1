"""Stores merge as the dicts of their files do."""

import pytest
from helpers.stores import NAMES, make_store

from mmcuts3d.labels import (
    build_labels,
    merge_rounds,
    merge_stores,
    open_store,
)

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
