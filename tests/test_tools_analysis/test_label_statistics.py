"""Counts of label stores, exact, in the table, the file and the picture."""

import json

import numpy as np
import pytest
from PIL import Image

from mmcuts3d.labels import (
    BACKENDS,
    ImageRecord,
    begin_store,
    instance_to_annotation,
    open_shard,
)

#: Side of each square mask in a 100 x 100 image, score, levels of its map.
MASKS = {
    'a.jpg': [(10, 0.05, None), (20, 0.95, [240, 240, 24])],
    'b.jpg': [(3, 1.0, [1, 25])],
    'c.jpg': [],
}
FAILED = {
    'bad_1.jpg': 'Expected bad_1.jpg to open, but got 17 bytes',
    'bad_2.jpg': 'Expected bad_2.jpg to open, but got 3 bytes',
    'dark.jpg': 'Expected foreground, but got none',
}


def record(name, number):
    rows = []
    for side, score, levels in MASKS[name]:
        mask = np.zeros((100, 100), bool)
        mask[:side, :side] = True
        found = None if levels is None else np.array([levels]) / 240
        rows.append(instance_to_annotation(mask, score, found))
    return ImageRecord(name, 100, 100, number, rows)


def make(folder, backend):
    names = [*MASKS, *FAILED]
    with begin_store(folder, names, 'x', backend, shard_size=2) as run:
        for plan in run.plan():
            with open_shard(plan) as writer:
                for name in plan.names:
                    if name in FAILED:
                        writer.fail(name, FAILED[name])
                    else:
                        writer.append(record(name, names.index(name)))
                writer.seal()
        run.finish()
    return str(folder)


@pytest.fixture
def tool(load_tool):
    return load_tool('label_statistics')


@pytest.mark.parametrize('backend', BACKENDS)
def test_counts_are_exact(tool, backend, tmp_path, capsys):
    store = make(tmp_path / 'store', backend)
    out = tmp_path / 'new' / 'counts.json'
    assert tool.main([store, '--json', str(out)]) == 0
    [found] = json.loads(out.read_text())['stores']
    assert (found['name'], found['backend']) == ('store', backend)
    assert found['num_images'] == found['num_masks'] == 3
    assert (found['num_errors'], found['num_maps']) == (3, 2)
    assert found['num_empty_images'] == 1
    assert found['mean_score'] == pytest.approx(2 / 3)
    assert found['mean_area_share'] == pytest.approx((100 + 400 + 9) / 3e4)
    levels = 240 + 240 + 24 + 1 + 25
    assert found['mean_confidence'] == pytest.approx(levels / 240 / 5)
    images, areas, scores, confidences = (
        {b: n for b, n in zip(h['bins'], h['counts'], strict=True) if n}
        for h in found['histograms']
    )
    assert images == {'0': 1, '1': 1, '2': 1}
    assert areas == {'0 to 0.1': 1, '0.3 to 1': 1, '3 to 10': 1}
    assert scores == {'0 to 0.1': 1, '0.9 to 1': 2}
    assert confidences == {'0 to 0.1': 2, '0.1 to 0.2': 1, '0.9 to 1': 2}
    reasons = [(row['reason'], row['images']) for row in found['reasons']]
    assert reasons == [
        ('Expected IMAGE to open, but got N bytes', 2),
        ('Expected foreground, but got none', 1),
    ]
    said = capsys.readouterr().out
    rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in said.splitlines()
        if line.startswith('|')
    ]
    assert ['images that failed', '3'] in rows
    assert ['mean area, %', '1.7'] in rows
    assert ['0.9 to 1', '2 (66.7 %)'] in rows
    assert '2  Expected IMAGE to open' in said


def test_stores_stand_side_by_side(tool, tmp_path, capsys):
    first = make(tmp_path / 'one' / 'labels', 'parquet')
    with begin_store(tmp_path / 'two' / 'labels', [], 'x', 'jsonl') as run:
        run.finish()
    picture = tmp_path / 'new' / 'counts.png'
    words = [first, str(tmp_path / 'two' / 'labels')]
    out = ['--json', str(tmp_path / 'x.json')]
    assert tool.main([*words, *out, '--picture', str(picture)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [c.strip() for c in lines[0].split('|')[1:-1]] == [
        '',
        'labels 1',
        'labels 2',
    ]
    assert len({len(line) for line in lines if line.startswith('|')}) == 1
    [row] = [line for line in lines if '0.9 to 1 ' in line][:1]
    assert row.split('|')[3].strip() == '–'
    rows = json.loads((tmp_path / 'x.json').read_text())['stores']
    assert rows[1]['num_masks'] == 0 and rows[1]['mean_score'] is None
    with Image.open(picture) as image:
        assert min(image.size) > 700
    tool.main([*words, '--names', 'left', 'right'])
    assert 'left' in capsys.readouterr().out.splitlines()[0]


def test_what_cannot_be_counted_is_said(tool, tmp_path, capsys):
    with pytest.raises(ValueError, match='nothing there'):
        tool.main([str(tmp_path / 'none')])
    for words, said in (
        (['x', '--names', 'a', 'b'], '1 as there are stores, but got 2'),
        (['x', '--picture', 'y.jpg'], 'a .png file, but got y.jpg'),
    ):
        with pytest.raises(SystemExit):
            tool.main(words)
        assert said in capsys.readouterr().err
