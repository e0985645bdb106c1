"""The command that measures pseudo-masks, from arguments to its report."""

import csv
import importlib.util
import json
import math

import cv2
import numpy as np
import pytest
from helpers import ROOT
from labeling_helpers import CONFIG, BrightnessLabeler
from mmengine.registry import DefaultScope
from pycocotools import mask as coco_mask

from mmcuts3d.evaluation import evaluate_coco, load_ground_truth
from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    encode_mask,
    instance_to_annotation,
)

SIZE = (48, 64)
NUMBER = 9
FILES = [
    *('evaluation.md', 'evaluation.csv', 'evaluation.json', 'images.csv'),
    *('report.html', 'pictures'),
]


@pytest.fixture
def tool():
    path = ROOT / 'tools' / 'analysis' / 'evaluate_labels.py'
    spec = importlib.util.spec_from_file_location('evaluate_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    DefaultScope._instance_dict.clear()


def square(left, top=10, side=14):
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def name_of(number):
    return f'photo_{number}.png'


@pytest.fixture
def data(tmp_path):
    """Images of two bright squares (the last of none), with their masks.

    Squares are of kinds 3 and 8, and ids count from 100.
    """
    folder = tmp_path / 'images'
    folder.mkdir()
    images, annotations = [], []
    for number in range(NUMBER):
        pixels = np.full((*SIZE, 3), 20, np.uint8)
        last = number == NUMBER - 1
        for kind, left in () if last else ((3, 2), (8, 40)):
            pixels[square(left)] = 230
            rle = encode_mask(square(left))
            annotations.append(
                {
                    'id': len(annotations),
                    'image_id': 100 + number,
                    'category_id': kind,
                    'iscrowd': 0,
                    'bbox': coco_mask.toBbox(rle).tolist(),
                    'area': int(coco_mask.area(rle)),
                    'segmentation': rle,
                }
            )
        cv2.imwrite(str(folder / name_of(number)), pixels)
        images.append(
            {
                'id': 100 + number,
                'file_name': name_of(number),
                'height': SIZE[0],
                'width': SIZE[1],
            }
        )
    content = {
        'images': images,
        'annotations': annotations,
        'categories': [{'id': 3, 'name': 'cup'}, {'id': 8, 'name': 'box'}],
    }
    (tmp_path / 'truth.json').write_text(json.dumps(content))
    return tmp_path


def write_labels(path, shift, numbers=range(NUMBER), size=SIZE):
    """Both squares of each image, further off from image to image."""
    records = []
    for number in numbers:
        rows = [
            instance_to_annotation(square(left + shift * number), score)
            for left, score in ((2, 0.9), (40, 0.6))
        ]
        if size != SIZE:
            rows = []
        records.append(
            # Ids of its own, in another order than those of the truth.
            ImageRecord(name_of(number), *size, NUMBER - number, rows)
        )
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(build_labels(records)))
    return str(path)


def words(data, *runs, out='out', **options):
    rest = [
        *('--ann', data / 'truth.json', '--images', data / 'images'),
        *('--out', data / out, '--samples', 60, '--pictures', 2),
    ]
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        rest += [f'--{name.replace("_", "-")}', *values]
    return [str(word) for word in (*runs, *rest) if word is not True]


def read(data, name, out='out'):
    text = (data / out / name).read_text(encoding='utf-8')
    if name.endswith('.json'):
        return json.loads(text)
    if name.endswith('.csv'):
        return list(csv.DictReader(text.splitlines()))
    return text


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
    # The figures are those of pycocotools on the labels with the truth's ids.
    images, truth = load_ground_truth(data / 'truth.json')
    labels = json.loads((data / 'moved' / 'pseudo_labels.json').read_text())
    ids = {
        own['id']: 100 + int(own['file_name'][6]) for own in labels['images']
    }
    found = [
        {**row, 'image_id': ids[row['image_id']]}
        for row in labels['annotations']
    ]
    figures = [run['figures'] for run in content['runs']]
    for kind in ('bbox', 'segm'):
        expected = evaluate_coco(images, truth, found, kind)
        for name in ('AP', 'AP50', 'AP75', 'AR100', 'AP_S'):
            got = figures[1][f'{kind}_{name}']['value']
            if expected[name] < 0:
                assert got is None
            else:
                assert got == pytest.approx(expected[name], abs=1e-9)
        assert 0 < figures[1][f'{kind}_AP']['value'] < 90
        assert figures[0][f'{kind}_AR100']['value'] == 100
    mask_ap = content['comparison']['segm_AP']
    assert mask_ap['difference']['value'] == pytest.approx(
        figures[1]['segm_AP']['value'] - figures[0]['segm_AP']['value']
    )
    assert mask_ap['difference']['high'] < 0
    assert mask_ap['better'] == 0
    heads, row = (
        next(line for line in table.splitlines() if start in line)
        for start in ('| measure', '| mask AP ')
    )
    assert heads.split(' | ')[1:4] == ['exact', 'moved', 'moved − exact']
    assert '**−' in row


def test_the_files_agree(tool, data):
    run = write_labels(data / 'moved.json', 1)
    other = write_labels(data / 'exact.json', 0)
    tool.main(words(data, run, other, names=['A', 'B']))
    content = read(data, 'evaluation.json')
    rows = {
        (row['run'], row['figure']): row
        for row in read(data, 'evaluation.csv')
    }
    for entry in content['runs']:
        for name, figure in entry['figures'].items():
            row = rows.pop((entry['name'], name))
            for end in ('value', 'low', 'high'):
                cell = float(row[end]) if row[end] else None
                assert cell == figure[end]
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
    assert report.count('<img ') == len(pictures)
    assert 'http' not in report
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
    assert lines[0] == '| measure | moved | 80 % interval |'
    assert read(data, 'evaluation.json')['comparison'] == {}
    assert 'ahead of' not in read(data, 'report.html')


def test_a_seed_gives_the_same_table(tool, data):
    run = write_labels(data / 'moved.json', 1)
    tables = []
    for out, seed in (('a', 1), ('b', 1), ('c', 2)):
        tool.main(words(data, run, out=out, seed=seed))
        tables.append(read(data, 'evaluation.md', out))
    assert tables[0] == tables[1] != tables[2]


def results(data, keys, ids=range(100, 100 + NUMBER)):
    rows = []
    for image_id in ids:
        rle = encode_mask(square(3))
        row = {
            'image_id': image_id,
            'category_id': 17,
            'score': 3.5,
            'segmentation': rle,
            'bbox': coco_mask.toBbox(rle).tolist(),
        }
        rows.append({key: row[key] for key in keys})
    path = data / 'results.json'
    path.write_text(json.dumps(rows))
    return str(path)


def test_results_of_a_detector(tool, data):
    masks = results(data, ['image_id', 'category_id', 'score', 'segmentation'])
    tool.main(words(data, masks))
    figures = read(data, 'evaluation.json')['runs'][0]['figures']
    # One of two squares, moved by a pixel: 13 / 15.
    assert figures['segm_best_IoU']['value'] == pytest.approx(50 * 13 / 15)
    assert figures['segm_AP50']['value'] > 40
    assert figures['bbox_AP50'] == figures['segm_AP50']


def test_boxes_alone(tool, data):
    run = results(data, ['image_id', 'score', 'bbox'], [100, 103])
    tool.main(words(data, run))
    content = read(data, 'evaluation.json')
    figures = content['runs'][0]['figures']
    assert 'segm_AP' not in figures
    assert figures['bbox_AR100']['value'] > 0
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
    figures = read(data, 'evaluation.json')['runs'][0]['figures']
    assert 0 < figures['bbox_AP']['value'] < 90
    assert 'segm_AP' not in figures
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
    assert run['figures']['merging_masks']['value'] == 100
    assert run['figures']['segm_best_IoU']['value'] == pytest.approx(50, abs=3)
    assert tool.main(arguments) == 0
    assert len(BrightnessLabeler.seen) == NUMBER
    changed = [*arguments, '--cfg-options', 'model.threshold=300']
    with pytest.raises(ValueError, match='overwrite'):
        tool.main(changed)


def test_missing_images_are_refused_or_counted(tool, data):
    run = write_labels(data / 'some.json', 0, range(1, 8))
    with pytest.raises(
        ValueError,
        match=r'some \(.*some\.json\): .*none of photo_0\.png, photo_8\.png',
    ):
        tool.main(words(data, run))
    assert not (data / 'out').exists()
    tool.main(words(data, run, allow_missing=True))
    words_of_it = 'some: images that are missing and count as empty: 2 of 9.'
    for name in ('evaluation.md', 'report.html'):
        assert words_of_it in read(data, name)
    figures = read(data, 'evaluation.json')['runs'][0]['figures']
    assert figures['segm_AR100']['value'] == pytest.approx(100 * 7 / 8)


def test_other_images_are_refused(tool, data):
    extra = write_labels(data / 'extra.json', 0, range(NUMBER + 1))
    with pytest.raises(ValueError, match=r'others: photo_9\.png'):
        tool.main(words(data, extra))
    tool.main(words(data, extra, allow_missing=True))
    assert 'not have, left out: 1.' in read(data, 'evaluation.md')
    other = write_labels(data / 'other.json', 0, range(20, 28))
    with pytest.raises(
        ValueError, match='photo_23.png and 3 more. File names'
    ):
        tool.main(words(data, other, allow_missing=True))


def test_failed_images_are_pointed_at(tool, data):
    run = write_labels(data / 'store' / 'pseudo_labels.json', 0, range(8))
    errors = [{'file_name': name_of(8), 'error': 'no image'}]
    (data / 'store' / 'errors.json').write_text(json.dumps(errors))
    with pytest.raises(ValueError, match=r'not be labelled: .*errors\.json'):
        tool.main(words(data, run))


@pytest.mark.parametrize(
    'make,match',
    [
        (
            lambda data: write_labels(data / 'a.json', 0, size=(48, 65)),
            r'photo_8\.png to be of size \(48, 64\) .* got \(48, 65\)',
        ),
        (
            lambda data: results(data, ['image_id', 'score', 'bbox'], [7]),
            'image ids of the ground truth, but got others: 7',
        ),
        (lambda data: results(data, ['image_id', 'bbox']), 'Expected results'),
        (
            lambda data: results(data, ['image_id', 'score']),
            r'`bbox` of four .* photo_0\.png',
        ),
        (lambda data: str(data / 'nothing.json'), 'No such file'),
        (lambda data: str(data), 'pseudo_labels.json: .*No such file'),
        (lambda data: str(data / 'truth.json'), "'object'"),
    ],
)
def test_bad_runs_are_named(tool, data, make, match):
    with pytest.raises(ValueError, match=match):
        tool.main(words(data, make(data)))


def test_a_photograph_that_is_not_there(tool, data):
    run = write_labels(data / 'exact.json', 0)
    (data / 'images' / name_of(0)).unlink()
    with pytest.raises(ValueError, match=r'photograph at .*photo_0\.png'):
        tool.main(words(data, run))
    tool.main([*words(data, run), '--pictures', '0'])
    assert '<img ' not in read(data, 'report.html')
    (data / 'images' / name_of(0)).write_bytes(b'no image')
    with pytest.raises(ValueError, match=r'photo_0\.png to be a readable'):
        tool.main(words(data, run))
    (data / 'images' / name_of(0)).write_bytes(
        cv2.imencode('.png', np.zeros((9, 9, 3), np.uint8))[1].tobytes()
    )
    with pytest.raises(ValueError, match=r'photo_0\.png to be of size'):
        tool.main(words(data, run))


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
    figures = read(data, 'evaluation.json')['runs'][0]['figures']
    assert figures['segm_AP'] == {
        'value': None,
        'low': None,
        'high': None,
        'undefined': 60,
    }
    assert 'no instances to be found' in read(data, 'evaluation.md')
    assert '<img ' not in read(data, 'report.html')


@pytest.mark.parametrize(
    'more,match',
    [
        (['b', 'c'], 'one run or two, but got 3'),
        (['--names', 'x', 'y'], '--names: 1'),
        (['b', '--names', 'x', 'x'], 'two different'),
        (['--cfg-options', 'a=1'], 'no run is a config'),
        (['--pictures', '-1'], '--pictures: at least 0'),
        (['--max-drawn', '0'], '--max-drawn: at least 1'),
        (['--samples', '38'], '--samples: at least 39'),
        (['--level', '1'], '--level: between 0 and 1'),
        (['--names', 'a/b'], 'without "/"'),
    ],
)
def test_refuses_arguments(tool, capsys, more, match):
    rest = ['--ann', 'f', '--images', 'd', '--out', 'o']
    with pytest.raises(SystemExit):
        tool.parse_args(['a', *more, *rest])
    assert match in capsys.readouterr().err


def test_names_come_from_paths(tool):
    rest = ['--ann', 'f', '--images', 'd', '--out', 'o']
    for runs, names in (
        (['x/cuts3d/pseudo_labels.json', 'y/maskcut'], ['cuts3d', 'maskcut']),
        (['x/a.json', 'y/a.json'], ['a 1', 'a 2']),
    ):
        assert tool.parse_args([*runs, *rest]).names == names


def test_images_may_be_left_out_only_without_pictures(tool, capsys):
    rest = ['a.json', '--ann', 'f', '--out', 'o']
    with pytest.raises(SystemExit):
        tool.parse_args(rest)
    assert '--images is needed' in capsys.readouterr().err
    assert tool.parse_args([*rest, '--pictures', '0']).images is None
