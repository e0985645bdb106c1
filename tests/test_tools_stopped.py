"""Ctrl-C in the midst of long work: a last line with the command, no more."""

import os
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import ROOT
from PIL import Image

from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    instance_to_annotation,
    write_json,
)

pytestmark = pytest.mark.skipif(
    os.name != 'posix', reason='no process groups here'
)
SECONDS = 120
SIZE = (24, 32)
EXPORT = 'tools/dataset_converters/export_pseudo_labels.py'
LABEL = 'tools/generate_pseudo_labels.py'


def stopped(folder, begun, *command):
    """Status, output and errors of a tool that is stopped once it has begun.

    Args:
        folder (Path): Where it runs.
        begun (Callable): Whether it is in the midst of its work.
        *command (str): File of the tool and its arguments.
    """
    process = subprocess.Popen(
        [sys.executable, str(ROOT / command[0]), *command[1:]],
        cwd=folder,
        env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal stops a group of processes
        # Where the tests run in the background Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        end = time.monotonic() + SECONDS
        while not begun() and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert process.poll() is None, process.communicate()
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
    return process.returncode, out, errors


def write_linked(first, names):
    """Files with the content of the first, beside it."""
    for name in names:
        os.link(first, first.with_name(name))


def check(end, folder, said, *command):
    """It ended in one line that holds the command, to be pasted."""
    status, out, errors = end
    assert status == 130, errors
    assert 'Traceback' not in out + errors
    last = errors.rstrip('\n').splitlines()[-1]
    assert last.startswith(said)
    program, tool, *words = shlex.split(last.removeprefix(said))
    assert (program, words) == ('python', [*command[1:]])
    assert (folder / tool).resolve() == ROOT / command[0]


def test_export_leaves_nothing_half_written(tmp_path):
    mask = np.zeros(SIZE, bool)
    mask[4:20, 5:25] = True
    row = instance_to_annotation(mask, 0.5)
    records = [
        ImageRecord(f'{number:05d}.png', *SIZE, number, [row])
        for number in range(3000)
    ]
    write_json(tmp_path / 'labels.json', build_labels(records))
    (tmp_path / 'images').mkdir()
    first = tmp_path / 'images' / records[0].file_name
    Image.fromarray(mask).save(first)
    write_linked(first, [record.file_name for record in records[1:]])
    words = ('labels.json', 'made', '--format', 'voc', '--images', 'images')
    command = (EXPORT, *words)

    def begun():
        return any(tmp_path.glob('.*/**/*.xml'))

    end = stopped(tmp_path, begun, *command)
    check(end, tmp_path, 'Stopped. This begins again: ', *command)
    assert {path.name for path in tmp_path.iterdir()} == {
        'images',
        'labels.json',
    }


def test_labeling_keeps_what_is_done(tmp_path):
    images, depth = tmp_path / 'my images', tmp_path / 'depth'
    images.mkdir()
    depth.mkdir()
    rng = np.random.default_rng(0)
    values = rng.integers(0, 255, (*SIZE, 3), np.uint8)
    Image.fromarray(values).save(images / '000.png')
    np.save(depth / '000.npy', np.linspace(1, 3, 32)[None].repeat(24, 0))
    for first in (images / '000.png', depth / '000.npy'):
        names = [f'{number:03d}{first.suffix}' for number in range(1, 400)]
        write_linked(first, names)
    command = (
        *(LABEL, 'cuts3d_classical_image-folder', '--images', 'my images'),
        *('--out', 'labels', '--cfg-options', 'model.depth.root=depth'),
    )

    def labeled():
        files = (tmp_path / 'labels').rglob('*.jsonl')
        return sum(file.read_bytes().count(b'\n') for file in files)

    end = stopped(tmp_path, lambda: labeled() > 2, *command)
    check(end, tmp_path, 'Stopped. This goes on from here: ', *command)
    assert 2 < labeled() < 400
