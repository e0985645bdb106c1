"""What the page of labels says, of any store, whatever is gone."""

import html
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.reports import BROKEN, CONFIG, HOSTILE, tool_of
from helpers.stores import NAMES, SIZE, make_store
from mmengine.registry import DefaultScope

from mmcuts3d.files import shown
from mmcuts3d.labels import BACKENDS, open_store
from mmcuts3d.reporting.label_report import write_label_report


def sections_of(page):
    """Heads of a page, to what stands below them."""
    parts = page.split('<h2>')[1:]
    return dict(part.split('</h2>', 1) for part in parts)


def cells_of(section):
    """First table of a section: the first cell of a row to the others."""
    rows = re.findall(r'<tr>(.*?)</tr>', section)
    cells = [re.findall(r'<td[^>]*>(.*?)</td>', row) for row in rows]
    return {row[0]: row[1:] for row in cells if row}


def test_labeling_leaves_a_page(labeled):
    assert (labeled.status, labeled.errors) == (3, '')
    page = labeled.page.read_text('utf-8')
    sections = sections_of(page)
    assert list(sections) == [
        'Statistics',
        'Best images',
        'Median images',
        'Worst images',
        'All images',
        'Failures',
        'Images that failed',
        'Steps of the cuts',
        'Settings',
    ]
    best = sections['Best images']
    for view in ('image', 'eigenvector 1', 'confidence', 'mask'):
        assert f'>{view}</button>' in best
    assert 'cut once more' in best and 'did not give the same' not in page
    assert html.escape(shown(BROKEN)) in sections['Images that failed']
    assert 'no image format' in sections['Failures']
    masks = open_store(labeled.out).statistics().num_masks
    assert cells_of(sections['Statistics'])['masks'] == [f'{masks}']
    assert 'generate_pseudo_labels.py' in sections['Settings']
    assert 'cut.preset' in sections['Settings']


def test_names_stay_text(labeled):
    page = labeled.page.read_text('utf-8')
    for name in HOSTILE:
        assert html.escape(shown(name)) in page
    assert '<img src=x' not in page and '<svg onload' not in page
    assert '<script>alert' not in page
    assert '\\u202e' in page and '&#8238;' not in page


def test_the_command_makes_the_page_again(labeled, tmp_path, capsys):
    tool = tool_of(Path('tools/analysis/report_labels.py'))
    page = tmp_path / 'again.html'
    words = [str(labeled.out), '--images', str(labeled.images)]
    words += ['--out', str(page), '--report-images', '1']
    assert tool.main(words) == 0
    assert capsys.readouterr().err == ''
    assert 'eigenvector' not in page.read_text('utf-8')
    words += ['--device', 'cpu', '--config', CONFIG, '--cfg-options']
    words += [f'model.depth.root={labeled.folder / "depth"}']
    words += ['model.cut.preset=paper']
    assert tool.main(words) == 0
    DefaultScope._instance_dict.clear()
    again = page.read_text('utf-8')
    assert '>eigenvector 1</button>' in again
    # Of another preset: the page does not pass them off as the same.
    assert 'did not give the same masks' in again


@pytest.mark.parametrize('backend', BACKENDS)
def test_any_store_with_its_images_or_without(backend, tmp_path):
    make_store(tmp_path / backend, backend, failing=NAMES[5:6])
    store = open_store(tmp_path / backend)
    path = tmp_path / 'page.html'
    missing = write_label_report(store, path, tmp_path, 'A title', {})
    page = path.read_text('utf-8')
    assert len(missing) == 2
    assert 'of the gallery could not be read' in missing[0]
    assert '10 images could not be read for the small pictures' in missing[1]
    assert all(html.escape(line) in page for line in missing)
    assert 'Best images' not in page
    rows = cells_of(sections_of(page)['All images'])
    columns = store.image_columns()
    assert [row[0] for row in rows.values()] == [
        str(number) for number in columns.num_masks
    ]
    assert list(rows) == list(store.file_names())
    assert set(rows) == {*NAMES} - {NAMES[5]}
    (tmp_path / 'set').mkdir()
    for name in NAMES:
        cv2.imwrite(str(tmp_path / name), np.zeros((*SIZE, 3), np.uint8))
    assert write_label_report(store, path, tmp_path, 'A title', {}) == []
    sections = sections_of(path.read_text('utf-8'))
    kinds = ['Best images', 'Median images', 'Worst images']
    assert [sections[kind].count('class="look"') for kind in kinds] == [2] * 3
    assert 'mean score' in sections['Best images']


def test_cutting_that_fails_costs_no_page(tmp_path):
    def cut(records):
        raise RuntimeError(f'out of memory after {len(records)}')

    make_store(tmp_path / 'labels', 'jsonl', names=NAMES[:4])
    (tmp_path / 'set').mkdir()
    for name in NAMES[:4]:
        cv2.imwrite(str(tmp_path / name), np.zeros((*SIZE, 3), np.uint8))
    store, path = open_store(tmp_path / 'labels'), tmp_path / 'page.html'
    (line,) = write_label_report(store, path, tmp_path, '', {}, cut)
    assert line.endswith('RuntimeError: out of memory after 3')
    page = path.read_text('utf-8')
    assert line in page and page.count('class="look"') == 3


def test_no_gallery_and_no_images(tmp_path):
    make_store(tmp_path / 'out', 'jsonl', NAMES)
    store = open_store(tmp_path / 'out')
    path = tmp_path / 'page.html'
    assert write_label_report(store, path, tmp_path, '', {}, None, 0) == []
    page = path.read_text('utf-8')
    assert 'All images' not in page
    assert f'{len(NAMES)} images could not be labeled' in page
