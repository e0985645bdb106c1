"""Masks of a source noted image by image, and the recall of Table 1."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from projects.ssl_instances.ssl_instances.analysis import (
    MaskJob,
    StudyImages,
    markdown_text,
    paper_rows,
    recall_table,
    table_text,
    write_study,
)
from projects.ssl_instances.ssl_instances.analysis import (
    job as job_module,
)
from projects.ssl_instances.ssl_instances.backbones import find_source
from projects.ssl_instances.tests.made_images import GRID, make_images


@pytest.fixture
def folder(tmp_path):
    return make_images(tmp_path / 'set')


def study(folder, **settings):
    images = StudyImages(folder / 'images', folder / 'instances.json')
    return MaskJob(images, **settings), find_source(f'files:{folder / "maps"}')


def literal_recall(job, predictions):
    """Table 1's recall, one instance after the other."""
    hits = {}
    for row in job.images.truth:
        same = [
            other
            for other in job.images.truth
            if other['image_id'] == row['image_id']
            and other['category_id'] == row['category_id']
        ]
        target = coco_mask.decode(row['segmentation']).astype(bool)
        best = 0.0
        for found in predictions:
            if found['image_id'] != row['image_id']:
                continue
            mask = coco_mask.decode(found['segmentation']).astype(bool)
            best = max(best, (mask & target).sum() / (mask | target).sum())
        reached = [best >= t for t in np.linspace(0.5, 0.95, 10)]
        hits.setdefault(len(same), []).append(np.mean(reached))
    return {number: 100 * np.mean(values) for number, values in hits.items()}


@pytest.mark.parametrize(
    'settings', [{}, {'split': False}, {'ks': (2,)}, {'ks': (4, 6)}]
)
def test_recall_is_that_of_a_literal_count(folder, settings):
    job, source = study(folder, **settings)
    run = job(source)
    table = recall_table(job.images, [run], num_samples=100)
    (row,) = table.rows
    expected = literal_recall(job, run.predictions)
    assert row.recall['1'].value == pytest.approx(expected[1])
    assert row.recall['2'].value == pytest.approx(expected[2])
    assert np.isnan(row.recall['3'].value) or row.recall['3'].value < 0
    overall = (3 * expected[1] + 6 * expected[2]) / 9
    assert row.overall.value == pytest.approx(overall)
    assert table.instances['1'] == 3 and table.instances['2'] == 6
    assert row.masks == pytest.approx(len(run.predictions) / 3)


def test_what_the_made_images_show(folder):
    """Clear looks: all is found, both squares by the splitting alone."""
    job, source = study(folder)
    (row,) = recall_table(job.images, [job(source)]).rows
    assert row.recall['1'].value == row.recall['2'].value == 100
    job, source = study(folder, split=False)
    (row,) = recall_table(job.images, [job(source)]).rows
    assert row.recall['1'].value == 100
    assert row.recall['2'].value < 30
    assert np.isnan(row.recall['2'].low)  # of three images


def test_intervals_need_images(tmp_path):
    folder = make_images(tmp_path / 'set', number=6, noise=0.9)
    job, source = study(folder)
    table = recall_table(job.images, [job(source)])
    two = table.rows[0].recall['2']
    assert table.bucket_images == dict(
        zip(('1', '2', '3', '4', '5', '6+'), (6, 6, 0, 0, 0, 0), strict=True)
    )
    assert two.low < two.value < two.high
    job.images.truth = [
        row
        for row in job.images.truth
        if row['image_id'] == 7 or row['category_id'] == 1
    ]
    table = recall_table(job.images, [job(source)])
    assert table.bucket_images['1'] == 1 and table.instances['1'] == 1
    assert np.isnan(table.rows[0].recall['1'].low)
    assert not np.isnan(table.rows[0].recall['2'].low)


def test_a_study_that_was_stopped_goes_on(folder, tmp_path, monkeypatch):
    job, source = study(folder)
    whole = job(source)
    calls = []
    plain = job_module.spectral_masks

    def once(*args):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(args)
        return plain(*args)

    monkeypatch.setattr(job_module, 'spectral_masks', once)
    with pytest.raises(KeyboardInterrupt):
        job(source, tmp_path / 'out')
    monkeypatch.setattr(job_module, 'spectral_masks', plain)
    seen = []
    monkeypatch.setattr(
        MaskJob,
        '_clusters',
        _counting(MaskJob._clusters, seen),
    )
    assert job(source, tmp_path / 'out').predictions == whole.predictions
    assert seen == ['2.png']
    # Nothing is left to do, and other settings begin anew.
    assert job(source, tmp_path / 'out').predictions == whole.predictions
    assert len(seen) == 1
    study(folder, ks=(2,))[0](source, tmp_path / 'out')
    assert len(seen) == 4


def _counting(method, seen):
    def counted(self, source, image, pixels):
        seen.append(image.name)
        return method(self, source, image, pixels)

    return counted


def test_one_bad_image_costs_its_instances_and_no_more(folder):
    (folder / 'images' / '1.png').write_bytes(b'no image')
    values = np.full((4, *GRID), np.nan, np.float32)
    np.savez(folder / 'maps' / '2.npz', features=values)
    job, source = study(folder)
    run = job(source)
    assert set(run.failed) == {'1.png', '2.png'}
    assert 'to be finite' in run.failed['2.png']
    table = recall_table(job.images, [run])
    assert table.rows[0].recall['1'].value == pytest.approx(100 / 3)
    assert '2 images failed, whose instances count as missed' in (
        table_text(table).replace('\n', ' ')
    )


def test_no_image_at_all_can_be_clustered(folder):
    for name in ('0', '1', '2'):
        (folder / 'maps' / f'{name}.npz').unlink()
    job, source = study(folder)
    with pytest.raises(ValueError, match=r'no image has masks.*0\.png'):
        job(source)


def test_images_without_structure_have_no_masks(folder):
    values = np.ones((4, *GRID), np.float32)
    np.savez(folder / 'maps' / '0.npz', features=values)
    job, source = study(folder)
    run = job(source)
    assert run.num_flat == 1 and not run.failed
    assert '1 images without structure' in (
        table_text(recall_table(job.images, [run]))
    )


def test_more_clusters_than_patches(folder):
    job, source = study(folder, ks=(2, 181))
    with pytest.raises(ValueError, match=r'patches \(180\)'):
        job(source)


def test_an_image_smaller_than_the_grid(folder):
    from PIL import Image

    Image.new('RGB', (5, 4), 'red').save(folder / 'images' / '0.png')
    job = MaskJob(StudyImages(folder / 'images'))
    run = job(find_source(f'files:{folder / "maps"}'))
    sizes = {
        tuple(row['segmentation']['size'])
        for row in run.predictions
        if row['image_id'] == 1
    }
    assert sizes == {(4, 5)}


def test_images_of_a_folder_and_of_annotations(folder):
    images = StudyImages(folder / 'images')
    assert [image.name for image in images] == ['0.png', '1.png', '2.png']
    assert not images.has_truth
    limited = StudyImages(folder / 'images', folder / 'instances.json', 1)
    assert [image.name for image in limited] == ['1.png']
    assert {row['image_id'] for row in limited.truth} == {8}
    (folder / 'images' / '0.png').unlink()
    images = StudyImages(folder / 'images', folder / 'instances.json')
    assert images.num_absent == 1 and len(images) == 2


def test_bad_images(folder, tmp_path):
    ann = folder / 'instances.json'
    with pytest.raises(ValueError, match='folder of images'):
        StudyImages(tmp_path / 'none', ann)
    with pytest.raises(ValueError, match='`limit` to be at least 1'):
        StudyImages(folder / 'images', limit=0)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(ValueError, match='to hold images, but got none'):
        StudyImages(tmp_path / 'empty')
    with pytest.raises(ValueError, match='none'):
        StudyImages(tmp_path / 'empty', ann)
    content = json.loads(ann.read_text())
    ann.write_text(json.dumps({**content, 'annotations': []}))
    with pytest.raises(ValueError, match='true instances, but got none'):
        StudyImages(folder / 'images', ann)


def test_tables(folder, tmp_path):
    job, source = study(folder)
    table = recall_table(
        job.images, [job(source)], {'mae_vitb16': 'no weights'}
    )
    text = table_text(table, 'voc')
    assert 'files:maps [stand-in]' in text
    assert 'mae_vitb16: not run: no weights' in text
    assert 'PASCAL VOC 2012' in text and '18.1' in text
    assert 'no self-supervised network' in text
    assert 'the paper' not in table_text(table, None)
    rows = [
        line for line in markdown_text(table).splitlines() if line[:1] == '|'
    ]
    assert len({line.count('|') for line in rows}) == 1
    assert any('`mae_vitb16` | not run' in line for line in rows)
    assert any('`files:maps` (stand-in)' in line for line in rows)
    files = write_study(table, tmp_path / 'out', {'seed': 0})
    assert [path.name for path in files] == [
        'table.txt',
        'table.md',
        'table.json',
    ]
    found = json.loads(files[-1].read_text())
    assert found['rows'][0]['recall']['2'][0] == 100
    assert found['rows'][0]['recall']['3'] == [None, None, None]
    assert found['not_run'] == {'mae_vitb16': 'no weights'}


def test_the_paper_s_table():
    """As printed: MAE is best from two instances on, DINO at one."""
    for which in ('coco', 'voc'):
        rows = paper_rows(which)
        assert len(rows) == 6
        assert max(rows, key=lambda n: rows[n][0]) == 'dino_vitb16'
        for place in range(1, 6):
            assert max(rows, key=lambda n: rows[n][place]) == 'mae_vitb16'
        for values in rows.values():
            assert len(values) == 6 and values[0] > values[1] > values[2]
    with pytest.raises(ValueError, match="'uvo'"):
        paper_rows('uvo')
