"""The demo in small: labels, a round, a table, and nothing twice."""

import json
import sys

import pytest
from helpers import ROOT

sys.path.insert(0, str(ROOT / 'projects' / 'unscene3d' / 'tools'))
import demo

STAGES = ['segments alone', 'DBSCAN', 'pseudo-masks', 'round 1']
SMALL = f"""
_base_ = {str(demo.CONFIG)!r}
train_dataloader = dict(dataset=dict(scenes=dict(
    number=1, settings=dict(num_frames=2, spacing=0.05))))
train_cfg = dict(max_epochs=1)
param_scheduler = None
default_hooks = dict(checkpoint=dict(interval=1))
self_training = dict(rounds=1)
"""


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """Folder of a demo that ran."""
    pytest.importorskip('sklearn')
    folder = tmp_path_factory.mktemp('demo')
    (folder / 'small.py').write_text(SMALL)
    words = ['--out', str(folder / 'out'), '--test-rooms', '1']
    words += ['--config', str(folder / 'small.py')]
    assert demo.main(words) == 0
    return folder / 'out', words


def test_every_stage_is_measured(run):
    table = json.loads((run[0] / 'table.json').read_text())
    assert list(table) == STAGES
    assert table['segments alone']['AP25'] > 0
    for row in table.values():
        assert set(row) == {'AP', 'AP50', 'AP25', 'instances'}
        assert 0 <= row['AP'] <= row['AP25'] <= 100
    for name in ('pseudo-masks', 'round-1'):
        assert (run[0] / f'{name}.png').stat().st_size > 10_000


def test_a_second_call_does_nothing_twice(run, capsys):
    checkpoint = run[0] / 'self_training' / 'round_1' / 'epoch_1.pth'
    before = checkpoint.stat().st_mtime_ns
    table = (run[0] / 'table.json').read_text()
    assert demo.main([*run[1], '--no-pictures']) == 0
    assert checkpoint.stat().st_mtime_ns == before
    assert (run[0] / 'table.json').read_text() == table
    said = capsys.readouterr().out
    assert '1/1' not in said
    assert [s for s in STAGES if f'\n{s:16}' in said] == STAGES
