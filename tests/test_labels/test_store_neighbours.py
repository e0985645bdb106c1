"""The folder of a store is nobody else's: other runs, other people's files."""

import json
import signal
import subprocess
import sys

import pytest
from helpers import ROOT

from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    remove_labels,
)
from mmcuts3d.labels.backends.label_writer import LabelWriter
from mmcuts3d.labels.lock import LOCK_FILE

GROUND_TRUTH = {'info': {}, 'images': [], 'annotations': [], 'categories': []}

#: Another process that opens a store, says so, and works on.
HOLDER = """
import os, sys, time
from mmcuts3d.labels.backends.label_writer import LabelWriter
writer = LabelWriter(sys.argv[1], 'settings')
child = os.fork() if sys.argv[2] == 'fork' else 1
if child:
    print('open', child, flush=True)
time.sleep(60)
"""

pytestmark = pytest.mark.skipif(
    sys.platform == 'win32', reason='no POSIX locks here'
)


@pytest.fixture
def holder(tmp_path):
    """A running process that labels into ``tmp_path / 'out'``."""
    started = []

    def start(how='alone'):
        process = subprocess.Popen(
            [sys.executable, '-c', HOLDER, str(tmp_path / 'out'), how],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        word, child = process.stdout.readline().split()
        assert word == 'open'
        return process, int(child)

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_second_run_is_told_who_is_there(holder, tmp_path):
    process, _ = holder()
    out = tmp_path / 'out'
    with pytest.raises(ValueError, match=f'{out} .*process {process.pid} on'):
        LabelWriter(out, 'settings')
    with pytest.raises(ValueError, match=f'process {process.pid} on'):
        LabelWriter(out, 'settings', overwrite=True)
    # Spelt otherwise it is the same folder.
    (tmp_path / 'link').symlink_to(out)
    with pytest.raises(ValueError, match=f'process {process.pid} on'):
        LabelWriter(tmp_path / 'link', 'settings')
    # Shards of the run that holds it do not lock.
    assert not LabelWriter(out, 'settings', rank=1).done


def test_a_killed_run_lets_go_at_once(holder, tmp_path):
    """Even where a worker that it forked lives on."""
    process, child = holder('fork')
    process.send_signal(signal.SIGKILL)
    process.wait()
    writer = LabelWriter(tmp_path / 'out', 'settings')
    assert subprocess.run(['kill', '-9', str(child)]).returncode == 0
    writer.close()
    assert not (tmp_path / 'out' / LOCK_FILE).exists()


def test_a_process_may_open_its_own_store_again(tmp_path):
    first = LabelWriter(tmp_path, 'settings')
    second = LabelWriter(tmp_path / '.', 'settings')
    first.close()
    first.close()
    assert (tmp_path / LOCK_FILE).exists()
    second.close()
    assert not (tmp_path / LOCK_FILE).exists()


@pytest.mark.parametrize('overwrite', [False, True])
@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('pseudo_labels.json', json.dumps(GROUND_TRUTH)),
        ('pseudo_labels.json', json.dumps({'info': 'mine', 'images': []})),
        ('pseudo_labels.json', 'no JSON'),
        ('pseudo_labels.json', '{"info": {"descr'),
        ('pseudo_labels.json', ''),
        ('errors.json', '{"mine": 1}'),
        ('errors.json', '[1]'),
        ('errors.json', 'no JSON'),
    ],
)
def test_a_file_of_somebody_else_is_not_replaced(
    name, text, overwrite, tmp_path
):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=f'{path} .*another origin'):
        LabelWriter(tmp_path, 'settings', overwrite=overwrite)
    with pytest.raises(ValueError, match='another origin'):
        remove_labels(tmp_path)
    assert path.read_text() == text
    path.unlink()
    LabelWriter(tmp_path, 'settings').close()


def test_a_file_that_comes_while_labeling_is_not_replaced(tmp_path):
    writer = LabelWriter(tmp_path, 'settings')
    writer.append(ImageRecord('a.jpg', 4, 4, 1))
    writer.path.write_text(json.dumps(GROUND_TRUTH))
    with pytest.raises(ValueError, match='another origin'):
        writer.finish()
    assert json.loads(writer.path.read_text()) == GROUND_TRUTH
    writer.path.unlink()
    assert len(json.loads(writer.finish().read_text())['images']) == 1


def test_labels_of_mmcuts3d_but_of_another_run(tmp_path):
    path = tmp_path / 'pseudo_labels.json'
    path.write_text(json.dumps(build_labels([], {'fingerprint': 'other'})))
    with pytest.raises(ValueError, match="'settings', but got .*'other'"):
        LabelWriter(tmp_path, 'settings')
    LabelWriter(tmp_path, 'settings', overwrite=True).close()
    assert not path.exists()
    old = {'description': 'pseudo-labels of mmcuts3d', 'version': '1'}
    path.write_text(json.dumps({'info': old, 'images': []}))
    with pytest.raises(ValueError, match='of None'):
        LabelWriter(tmp_path, 'settings')
    LabelWriter(tmp_path, 'settings', overwrite=True).close()


def test_a_whole_run_leaves_no_lock(tmp_path):
    writer = LabelWriter(tmp_path, 'settings')
    writer.finish()
    writer.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ['errors.json', 'pseudo_labels.json']


def test_what_is_no_folder_is_named(tmp_path):
    path = tmp_path / 'file'
    path.write_text('mine')
    for out in (path, path / 'deeper'):
        with pytest.raises(ValueError, match=f'Expected {out} to be a folder'):
            LabelWriter(out, 'settings')
    assert path.read_text() == 'mine'
