"""The command that measures pseudo-masks, from arguments to its report."""

import json
import math
import re

import cv2
import numpy as np
import pytest
from helpers import ROOT
from helpers.evaluate_labels import (
    NUMBER,
    SIZE,
    name_of,
    read,
    results,
    square,
    words,
    write_labels,
)
from helpers.labeling import CONFIG, BrightnessLabeler
from pycocotools import mask as coco_mask

from mmcuts3d.evaluation import evaluate_coco, load_ground_truth
from mmcuts3d.labels import encode_mask

FILES = [
    *('evaluation.md', 'evaluation.csv', 'evaluation.json', 'images.csv'),
    *('report.html', 'pictures'),
]


def test_two_runs_side_by_side(tool, data, capsys):
    exact = write_labels(data / 'exact' / 'pseudo_labels.json', 0)
    write_labels(data / 'moved' / 'pseudo_labels.json', 1)
    assert tool.main(words(data, exact, data / 'moved')) == 0
    printed = capsys.readouterr().out
    table = read(data, 'evaluation.md')
    assert table in printed
    assert sorted(p.name for p in (data / 'out').iterdir()) == sorted(FILES)
    content = read(data, 'evaluation.json')
    assert [run['name'] for run in content['runs']] == ['exact', 'moved']
    # The values are those of pycocotools on the labels with the truth's ids.
    images, truth = load_ground_truth(data / 'truth.json')
    labels = json.loads((data / 'moved' / 'pseudo_labels.json').read_text())
    ids = {
        own['id']: 100 + int(own['file_name'][6]) for own in labels['images']
    }
    found = [
        {**row, 'image_id': ids[row['image_id']]}
        for row in labels['annotations']
    ]
    metrics = [run['metrics'] for run in content['runs']]
    for kind in ('bbox', 'segm'):
        expected = evaluate_coco(images, truth, found, kind)
        for name in ('AP', 'AP50', 'AP75', 'AR100', 'AP_S'):
            got = metrics[1][f'{kind}_{name}']['value']
            if expected[name] < 0:
                assert got is None
            else:
                assert got == pytest.approx(expected[name], abs=1e-9)
        assert 0 < metrics[1][f'{kind}_AP']['value'] < 90
        assert metrics[0][f'{kind}_AR100']['value'] == 100
    mask_ap = content['comparison']['segm_AP']
    assert mask_ap['difference']['value'] == pytest.approx(
        metrics[1]['segm_AP']['value'] - metrics[0]['segm_AP']['value']
    )
    assert mask_ap['difference']['high'] < 0
    assert mask_ap['better'] == 0
    heads, row = (
        next(line for line in table.splitlines() if start in line)
        for start in ('| metric', '| mask AP ')
    )
    assert heads.split(' | ')[1:4] == ['exact', 'moved', 'moved − exact']
    assert '**−' in row


def test_the_files_agree(tool, data):
    run = write_labels(data / 'moved.json', 1)
    other = write_labels(data / 'exact.json', 0)
    tool.main(words(data, run, other, names=['A', 'B']))
    content = read(data, 'evaluation.json')
    rows = {
        (row['run'], row['metric']): row
        for row in read(data, 'evaluation.csv')
    }
    for entry in content['runs']:
        for name, interval in entry['metrics'].items():
            row = rows.pop((entry['name'], name))
            for end in ('value', 'low', 'high'):
                cell = float(row[end]) if row[end] else None
                assert cell == interval[end]
    for name, both in content['comparison'].items():
        for label, key in (('B - A', 'difference'), ('B / A', 'ratio')):
            low = rows.pop((label, name))['low']
            assert (float(low) if low else None) == both[key]['low']
    assert rows == {}
    per_image = read(data, 'images.csv')
    assert [row['file_name'] for row in per_image] == [
        name_of(number) for number in range(NUMBER)
    ]
    third = per_image[3]
    # Moved by 3 of 14 pixels: 11 / 17.
    assert float(third['A: best IoU']) == pytest.approx(100 * 11 / 17)
    assert (third['instances'], third['B: predictions']) == ('2', '2')
    assert per_image[-1]['A: best IoU'] == ''


def test_the_report_shows_what_it_should(tool, data):
    first = write_labels(data / 'moved.json', 1)
    second = write_labels(data / 'exact.json', 0)
    tool.main(words(data, first, second))
    pictures = {p.name: p for p in (data / 'out' / 'pictures').iterdir()}
    assert sorted(pictures) == [
        'best_01_photo_0.jpg',
        'best_02_photo_1.jpg',
        'median_01_photo_3.jpg',
        'median_02_photo_4.jpg',
        'second_01_photo_7.jpg',
        'second_02_photo_6.jpg',
        'worst_01_photo_7.jpg',
        'worst_02_photo_6.jpg',
    ]
    report = read(data, 'report.html')
    assert report.count('class="look"') == len(pictures)
    assert '://' not in report  # nothing from outside
    for text in (
        'Best images',
        'Median images',
        'Worst images',
        'Where exact is ahead of moved',
        'photo_7.png',
        'evaluate_labels.py',
        '<td>mask AP50 ↑</td>',
        'moved: best IoU 33.3 %, 2 masks',
    ):
        assert text in report, text
    assert 'Where moved is ahead' not in report
    # Photograph, truth, two runs; the second run is where the truth is.
    sheet = cv2.imread(str(pictures['worst_01_photo_7.jpg']))[..., ::-1]
    step, title = 168, 26
    assert sheet.shape == (SIZE[0] + title, 3 * step + 160, 3)
    places = [
        sheet[title + 17, panel * step + 9].astype(int) for panel in range(4)
    ]
    assert np.ptp(places[0]) < 20
    assert np.ptp(places[1]) > 60
    assert np.abs(places[3] - places[1]).max() < 20


def test_one_run_with_one_table(tool, data):
    run = write_labels(data / 'moved.json', 1)
    tool.main(words(data, run, level=0.8))
    lines = read(data, 'evaluation.md').splitlines()
    assert lines[0] == '| metric | moved | 80 % interval |'
    assert read(data, 'evaluation.json')['comparison'] == {}
    assert 'ahead of' not in read(data, 'report.html')


def test_a_seed_gives_the_same_table(tool, data):
    run = write_labels(data / 'moved.json', 1)
    tables = []
    for out, seed in (('a', 1), ('b', 1), ('c', 2)):
        tool.main(words(data, run, out=out, seed=seed))
        tables.append(read(data, 'evaluation.md', out))
    assert tables[0] == tables[1] != tables[2]


def test_results_of_a_detector(tool, data):
    masks = results(data, ['image_id', 'category_id', 'score', 'segmentation'])
    tool.main(words(data, masks))
    metrics = read(data, 'evaluation.json')['runs'][0]['metrics']
    # One of two squares, moved by a pixel: 13 / 15.
    assert metrics['segm_best_IoU']['value'] == pytest.approx(50 * 13 / 15)
    assert metrics['segm_AP50']['value'] > 40
    assert metrics['bbox_AP50'] == metrics['segm_AP50']


def test_boxes_alone(tool, data):
    run = results(data, ['image_id', 'score', 'bbox'], [100, 103])
    tool.main(words(data, run))
    content = read(data, 'evaluation.json')
    metrics = content['runs'][0]['metrics']
    assert 'segm_AP' not in metrics
    assert metrics['bbox_AR100']['value'] > 0
    table = read(data, 'evaluation.md')
    assert 'Only boxes are measured: no masks in results.' in table
    assert 'best IoU 43.3 %, 1 box' in read(data, 'report.html')


def test_masks_against_boxes(tool, data):
    """As with ImageNet's boxes, of which the supplement's Table 6 is."""
    truth = json.loads((data / 'truth.json').read_text())
    for row in truth['annotations']:
        del row['segmentation']
    (data / 'truth.json').write_text(json.dumps(truth))
    tool.main(words(data, write_labels(data / 'moved.json', 1)))
    metrics = read(data, 'evaluation.json')['runs'][0]['metrics']
    assert 0 < metrics['bbox_AP']['value'] < 90
    assert 'segm_AP' not in metrics
    assert 'no masks in the ground truth' in read(data, 'evaluation.md')
    assert 'colours of boxes' in read(data, 'report.html')


def test_a_config_labels_first_and_goes_on(tool, data):
    config = data / 'bright.py'
    config.write_text('\n'.join(f'{k} = {v!r}' for k, v in CONFIG.items()))
    BrightnessLabeler.seen, BrightnessLabeler.fail_after = [], math.inf
    exact = write_labels(data / 'exact.json', 0)
    arguments = words(data, exact, config)
    assert tool.main(arguments) == 0
    assert len(BrightnessLabeler.seen) == NUMBER
    labels = data / 'out' / 'labels' / 'bright' / 'pseudo_labels.json'
    assert len(json.loads(labels.read_text())['annotations']) == NUMBER - 1
    run = read(data, 'evaluation.json')['runs'][1]
    # Both squares as one mask: it merges them.
    assert run['metrics']['merging_masks']['value'] == 100
    assert run['metrics']['segm_best_IoU']['value'] == pytest.approx(50, abs=3)
    assert tool.main(arguments) == 0
    assert len(BrightnessLabeler.seen) == NUMBER
    changed = [*arguments, '--cfg-options', 'model.threshold=300']
    with pytest.raises(ValueError, match='overwrite'):
        tool.main(changed)


def test_pictures_of_an_earlier_call_go(tool, data):
    run = write_labels(data / 'moved.json', 1)
    tool.main(words(data, run))
    tool.main([*words(data, run), '--pictures', '1'])
    assert sorted(
        p.name[:7] for p in (data / 'out' / 'pictures').iterdir()
    ) == [
        'best_01',
        'median_',
        'worst_0',
    ]


def test_nothing_found_and_nothing_to_find(tool, data):
    exact = write_labels(data / 'exact.json', 0)
    labels = json.loads((data / 'exact.json').read_text())
    (data / 'empty.json').write_text(json.dumps({**labels, 'annotations': []}))
    tool.main(words(data, data / 'empty.json', exact))
    row = next(
        line
        for line in read(data, 'evaluation.md').splitlines()
        if line.startswith('| mask AR100')
    )
    assert row.split(' | ')[1:] == [
        '0.0 [0.0, 0.0]',
        '100.0 [100.0, 100.0]',
        '**+100.0 [+100.0, +100.0]**',
        '∞ [∞, ∞]',
        '100 % |',
    ]
    ratio = read(data, 'evaluation.json')['comparison']['segm_AR100']['ratio']
    assert ratio['value'] == 'inf'
    truth = json.loads((data / 'truth.json').read_text())
    (data / 'truth.json').write_text(json.dumps({**truth, 'annotations': []}))
    tool.main(words(data, exact))
    metrics = read(data, 'evaluation.json')['runs'][0]['metrics']
    assert metrics['segm_AP'] == {
        'value': None,
        'low': None,
        'high': None,
        'undefined': 60,
    }
    assert 'no instances to be found' in read(data, 'evaluation.md')
    assert '<img ' not in read(data, 'report.html')


def test_the_page_is_true(data, monkeypatch):
    page = ROOT / 'docs' / 'evaluating_labels.md'
    text = page.read_text(encoding='utf-8')
    (code,) = re.findall(r'```python\n(.*?)```', text, re.DOTALL)
    (data / 'instances.json').write_bytes((data / 'truth.json').read_bytes())
    monkeypatch.chdir(data)
    rle = encode_mask(square(2))
    row = {'image_id': 100, 'score': 0.5, 'segmentation': rle}
    row['bbox'] = coco_mask.toBbox(rle).tolist()
    names = {'first': [], 'second': [row]}
    exec(code, names)
    got = names['result'].runs['CutS3D']['segm_AP50']
    assert got.low <= got.value <= got.high
    assert got.value == names['runs']['CutS3D'].values['segm_AP50'] > 0
    difference = names['result'].comparisons['CutS3D']['segm_AP50'].difference
    assert difference.value == got.value
