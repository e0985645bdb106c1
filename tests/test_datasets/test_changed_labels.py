"""Labels that change under a running training are not mixed with its own."""

import os
import shutil

import pytest
from helpers.stores import make_store

from mmcuts3d.datasets import PseudoLabelDataset


def dataset_of(folder):
    return PseudoLabelDataset(
        ann_file=str(folder), filter_cfg={'filter_empty_gt': True}
    )


def all_of(dataset):
    return [dataset.get_data_info(i)['instances'] for i in range(len(dataset))]


@pytest.mark.parametrize('change', ['overwritten', 'removed'])
def test_json_is_read_once(tmp_path, change):
    make_store(tmp_path / 'labels', 'jsonl')
    dataset = dataset_of(tmp_path / 'labels')
    before = all_of(dataset)
    if change == 'removed':
        shutil.rmtree(tmp_path / 'labels')
    else:
        make_store(tmp_path / 'labels', 'jsonl', seed=5, overwrite=True)
        assert all_of(dataset_of(tmp_path / 'labels')) != before
    assert all_of(dataset) == before


def test_other_shards_are_noticed(tmp_path):
    make_store(tmp_path / 'labels', 'parquet')
    dataset = dataset_of(tmp_path / 'labels')
    dataset.get_data_info(0)
    make_store(tmp_path / 'labels', 'parquet', seed=5, overwrite=True)
    with pytest.raises(ValueError, match='but got others.*mix the two'):
        all_of(dataset)
    assert all_of(dataset_of(tmp_path / 'labels'))


def test_shards_that_are_being_written_are_noticed(tmp_path):
    make_store(tmp_path / 'labels', 'parquet')
    dataset = dataset_of(tmp_path / 'labels')
    (tmp_path / 'labels' / 'summary.json').unlink()
    with pytest.raises(ValueError, match='gone or being written'):
        all_of(dataset)


def test_the_same_labels_again_are_no_change(tmp_path):
    """Touched, copied back, or finished once more."""
    make_store(tmp_path / 'labels', 'parquet')
    dataset = dataset_of(tmp_path / 'labels')
    before = all_of(dataset)
    os.utime(tmp_path / 'labels' / 'summary.json', (1, 1))
    assert all_of(dataset) == before
