"""Pictures of a report: from any image file, after the tables, or named."""

import json
import re

import cv2
import numpy as np
import pytest
from helpers.evaluate_labels import (
    NUMBER,
    SIZE,
    name_of,
    read,
    square,
    words,
    write_labels,
)
from PIL import Image

from mmcuts3d import reporting

TABLES = ['evaluation.md', 'evaluation.csv', 'evaluation.json', 'images.csv']


def broken(path):
    path.write_bytes(b'no image')


def of_another_size(path):
    path.write_bytes(cv2.imencode('.png', np.zeros((9, 9)))[1].tobytes())


@pytest.mark.parametrize(
    'spoil,reason',
    [
        (broken, 'no image format'),
        (of_another_size, r'to be of size \(48, 64\) .* got \(9, 9\)'),
    ],
)
def test_a_picture_that_fails_costs_that_picture(
    tool, data, capsys, spoil, reason
):
    run = write_labels(data / 'moved.json', 1)
    spoil(data / 'images' / name_of(0))  # the best of them
    assert tool.main(words(data, run)) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert 'Report with pictures, but 1 that could not be drawn' in last
    report = read(data, 'report.html')
    assert report.count('class="look"') == 5
    line = report[report.index('No picture of photo_0.png') :]
    assert re.search(reason, line[: line.index('</p>')])
    assert all((data / 'out' / name).is_file() for name in TABLES)
    assert read(data, 'evaluation.json')['runs'][0]['metrics']['segm_AP']


def test_tables_are_written_and_told_before_pictures(
    tool, data, capsys, monkeypatch
):
    def out_of_memory(*_):
        raise MemoryError

    monkeypatch.setattr(reporting, 'draw_images', out_of_memory)
    run = write_labels(data / 'moved.json', 1)
    with pytest.raises(MemoryError):
        tool.main(words(data, run))
    assert all((data / 'out' / name).is_file() for name in TABLES)
    assert read(data, 'evaluation.md') in capsys.readouterr().out
    report = read(data, 'report.html')
    assert 'mask AP50' in report and '<img ' not in report


def turned(array):
    """Pixels as a camera stores them that was held on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return Image.fromarray(np.rot90(array)), {'exif': exif}


def test_images_are_read_as_for_labeling(tool, data):
    """TIFF, transparent PNG, and orientation in WebP and TIFF."""
    pixels = np.full((*SIZE, 3), 20, np.uint8)
    for left in (2, 40):
        pixels[square(left)] = 230
    folder = data / 'images'
    for number in range(NUMBER):
        (folder / name_of(number)).unlink()
    alpha = np.full((*SIZE, 1), 255, np.uint8)
    Image.fromarray(np.concatenate([pixels, alpha], 2)).save(folder / 'a.png')
    Image.fromarray(pixels).save(folder / 'b.tif')
    for name in ('c.webp', 'd.tif'):
        image, options = turned(pixels)
        image.save(folder / name, lossless=True, **options)
    names = ['a.png', 'b.tif', 'c.webp', 'd.tif']
    truth = json.loads((data / 'truth.json').read_text())
    truth['images'] = truth['images'][:4]
    ids = [image['id'] for image in truth['images']]
    truth['annotations'] = [
        row for row in truth['annotations'] if row['image_id'] in ids
    ]
    path = write_labels(data / 'moved.json', 1, range(4))
    labels = json.loads((data / 'moved.json').read_text())
    for content, file in ((truth, 'truth'), (labels, 'moved')):
        rows = sorted(content['images'], key=lambda row: row['file_name'])
        for row, name in zip(rows, names, strict=True):
            row['file_name'] = name
        (data / f'{file}.json').write_text(json.dumps(content))
    tool.main([*words(data, path), '--pictures', '1'])
    report = read(data, 'report.html')
    assert 'No picture' not in report
    assert report.count('class="look"') == 3
    tool.main([*words(data, path), '--pictures', '4'])
    sheets = [
        cv2.imread(str(path)) for path in (data / 'out' / 'pictures').iterdir()
    ]
    for sheet in sheets:
        panel = sheet[26 : 26 + SIZE[0], : SIZE[1]].astype(int)
        assert panel[:, :, 0][square(2)].mean() > 200
        assert panel[:, :, 0][~square(2) & ~square(40)].mean() < 60


HOSTILE = '<img src=x onerror=alert(1)> \x1b[31m\u202e"&|.png'


def test_hostile_names_stay_text(tool, data, capsys):
    (data / 'images' / name_of(0)).rename(data / 'images' / HOSTILE)
    run = write_labels(data / 'moved.json', 1)
    for file in ('truth', 'moved'):
        path = data / f'{file}.json'
        content = json.loads(path.read_text())
        for row in content['images']:
            if row['file_name'] == name_of(0):
                row['file_name'] = HOSTILE
        path.write_text(json.dumps(content))
    tool.main(words(data, run))
    out = capsys.readouterr()
    assert '\x1b' not in out.out + out.err
    report = read(data, 'report.html')
    assert '<img src=x' not in report and '&lt;img src=x' in report
    assert '\x1b' not in report and '\u202e' not in report
    assert report.count('class="look"') == 6
    names = [path.name for path in (data / 'out' / 'pictures').iterdir()]
    assert 'best_01__img_src_x_onerror_alert_1_31m_.jpg' in names
    assert all(name.isascii() and name.isprintable() for name in names)
    # Programs get the name as it is.
    assert read(data, 'images.csv')[0]['file_name'] == HOSTILE
    (data / 'images' / HOSTILE).unlink()
    with pytest.raises(ValueError, match=r'\\x1b') as refused:
        tool.main(words(data, run))
    assert str(refused.value).isprintable()


def test_names_of_runs_reach_no_terminal_raw(tool, data, capsys):
    run = write_labels(data / 'a\x1b[2Jb.json', 0)
    tool.main([*words(data, run), '--pictures', '0'])
    printed = capsys.readouterr().out
    assert '\x1b' not in printed
    assert r'| a\x1b[2Jb |' in printed
