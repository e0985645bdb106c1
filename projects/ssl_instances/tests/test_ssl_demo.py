"""The demo in small: every stage, a table, and nothing twice."""

import importlib.util
import json

import cv2
import pytest
from helpers import ROOT

TOOL = ROOT / 'projects' / 'ssl_instances' / 'tools' / 'demo.py'
STAGES = ['MaskCut', 'proposals', 'SOLOv2 on proposals']


def load_tool():
    """By its path: another project has a demo.py too."""
    spec = importlib.util.spec_from_file_location('ssl_instances_demo', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


demo = load_tool()
SMALL = f"""
_base_ = {str(demo.CONFIG)!r}
labeler = dict(proposals=dict(ks=(2, 3)))
train_cfg = dict(labels=dict(
    dataloader=dict(dataset=dict(size=(96, 96)))))
train_dataloader = dict(batch_size=2)
test_dataloader = dict(dataset=dict(size=(96, 96)))
model = dict(backbone=dict(base_channels=8),
             neck=dict(in_channels=[8, 16, 32, 64]))
"""


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """Folder of a demo that ran, and how it was called."""
    folder = tmp_path_factory.mktemp('ssl_demo')
    (folder / 'small.py').write_text(SMALL)
    words = ['--out', str(folder / 'out'), '--scenes', '2', '--iters', '2']
    words += ['--config', str(folder / 'small.py')]
    assert demo.main(words) == 0
    return folder / 'out', words


def test_every_stage_is_measured(run):
    rows = json.loads((run[0] / 'table.json').read_text())
    assert [row['stage'] for row in rows] == STAGES
    for row in rows:
        assert 0 <= row['AP'] <= row['AP50'] <= 100
        assert 0 <= row['AR10'] <= row['AR100'] <= 100
        assert any(
            value >= 0 for name, value in row.items() if 'AR_same' in name
        )
    assert rows[0]['masks'] > 0 and rows[1]['masks'] > 0
    assert all(name in (run[0] / 'table.md').read_text() for name in STAGES)


def test_the_picture(run):
    picture = cv2.imread(str(run[0] / 'stages.png'))
    height, width = picture.shape[:2]
    assert width > 4 * height and picture.std() > 20  # one scene, 5 columns
    titles = picture[: height // 15]  # above the pictures, on white
    assert (titles == 255).mean() > 0.8 and titles.min() < 60


def test_a_second_call_does_nothing_twice(run, capsys):
    checkpoint = run[0] / 'training' / 'iter_2.pth'
    before = checkpoint.stat().st_mtime_ns
    table = (run[0] / 'table.md').read_text()
    assert demo.main([*run[1], '--no-pictures']) == 0
    assert checkpoint.stat().st_mtime_ns == before
    assert table.strip() in capsys.readouterr().out


@pytest.mark.parametrize(
    'words,said',
    [
        (['--scenes', '1'], '--scenes: at least 2'),
        (['--iters', '0'], '--iters: at least 1'),
        (['--seed', '-1'], '--seed: at least 0'),
    ],
)
def test_bad_words(words, said, capsys):
    with pytest.raises(SystemExit):
        demo.main(words)
    assert said in capsys.readouterr().err


def test_bad_settings_end_in_one_line(tmp_path):
    option = 'labeler.proposals.ks=5'
    with pytest.raises(ValueError, match='`ks`') as caught:
        demo.main(['--out', str(tmp_path), '--cfg-options', option])
    assert '\n' not in str(caught.value)
    assert not (tmp_path / 'scenes').exists()  # before any work
