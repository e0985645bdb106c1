"""Two real processes on a machine without a GPU: label, train, measure."""

import contextlib
import json
import os
import socket
import subprocess
import sys

import pytest
import torch
from helpers import ROOT
from helpers.labeling import CONFIG, write_images
from helpers.training import LABELS, tiny_config

from mmcuts3d.engine.labeling import LabelingJob, run_labeling
from mmcuts3d.engine.labeling.dataloaders import folder_dataloader
from mmcuts3d.labels import open_store, read_labels

#: Each process runs the commands one after the other, as torchrun would.
DRIVER = """
import json, os, runpy, sys
from pathlib import Path
from torch import distributed

# A store of its own for each command: in that of the launcher the addresses
# of the group before would still stand.
os.environ['TORCHELASTIC_USE_AGENT_STORE'] = 'False'
for port, name, words in json.loads(Path('commands.json').read_text()):
    os.environ['MASTER_PORT'] = str(port)
    sys.argv = [name, *words, '--launcher', 'pytorch']
    code = 0
    try:
        runpy.run_path(name, run_name='__main__')
    except SystemExit as stop:
        code = stop.code or 0
    print(f'EXIT {Path(name).stem} {code};', flush=True)
    distributed.destroy_process_group()
"""

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason='for a machine without a GPU'
)


def detector():
    """A run that labels five images, trains on them and measures."""
    config = tiny_config(2)
    config.custom_hooks = []
    config.log_level = 'INFO'
    # As mmdet's own configs have it.
    config.env_cfg = {
        'mp_cfg': {'mp_start_method': 'fork', 'opencv_num_threads': 0},
        'dist_cfg': {'backend': 'nccl'},
    }
    config.test_dataloader = {**LABELS['dataloader'], 'num_workers': 1}
    config.test_cfg = {'type': 'TestLoop'}
    config.test_evaluator = {
        'type': 'mmcuts3d.ClassAgnosticCocoMetric',
        'ann_file': 'scenes/instances.json',
    }
    return config


def free_ports(number):
    """Ports of this machine that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(('127.0.0.1', 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """Folder in which two processes ran four commands, and what they said."""
    folder = tmp_path_factory.mktemp('two')
    images = write_images(folder / 'images')
    lines = [f'{key} = {value!r}' for key, value in CONFIG.items()]
    imports = "custom_imports = dict(imports=['helpers.labeling'])"
    (folder / 'labeler.py').write_text('\n'.join([imports, *lines]))
    detector().dump(folder / 'detector.py')
    commands = [
        (
            'generate_pseudo_labels',
            ['labeler.py', '--images', str(images), '--out', 'out'],
        ),
        (
            'generate_pseudo_labels',
            [
                *('labeler.py', '--images', str(images), '--out', 'sharded'),
                *('--store', 'parquet'),
            ],
        ),
        ('train', ['detector.py']),
        ('test', ['detector.py', 'work/iter_2.pth', '--work-dir', 'measured']),
    ]
    tools = [
        (port, str(ROOT / 'tools' / f'{name}.py'), words)
        for port, (name, words) in zip(free_ports(4), commands, strict=True)
    ]
    (folder / 'commands.json').write_text(json.dumps(tools))
    (folder / 'driver.py').write_text(DRIVER)
    path = os.pathsep.join([str(ROOT), str(ROOT / 'tests')])
    launcher = [
        *(sys.executable, '-m', 'torch.distributed.run'),
        *('--standalone', '--nproc_per_node=2', 'driver.py'),
    ]
    result = subprocess.run(
        launcher,
        cwd=folder,
        env={**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return folder, result.stdout + result.stderr


def test_every_process_of_every_command_ends_well(run):
    for words in ('train 0', 'test 0'):
        assert run[1].count(f'EXIT {words};') == 2
    assert run[1].count('EXIT generate_pseudo_labels 3;') == 4


def test_labels_are_those_of_one_process(run):
    folder = run[0]
    one = run_labeling(
        LabelingJob(
            CONFIG['model'],
            folder_dataloader(CONFIG['test_dataloader'], folder / 'images'),
            folder / 'one',
        )
    )
    # Shards of a batch each: their number is not that of the processes.
    journals = sorted(path.name for path in (folder / 'out').glob('*.jsonl'))
    assert journals == [f'records.rank{n}.jsonl' for n in range(4)]
    found = read_labels(folder / 'out' / 'pseudo_labels.json')
    expected = read_labels(one.label_file)
    assert found['images'] == expected['images']
    assert found['annotations'] == expected['annotations']
    errors = [folder / name / 'errors.json' for name in ('out', 'one')]
    assert errors[0].read_text() == errors[1].read_text()
    assert '1 of 7 images failed: out/errors.json' in run[1]
    assert '1 of 7 images failed: sharded/errors.json' in run[1]
    sharded = open_store(folder / 'sharded')
    assert [r.to_dict() for r in sharded] == [
        r.to_dict() for r in open_store(folder / 'one')
    ]


def test_both_processes_train_one_detector(run):
    folder, output = run
    assert 'by gloo, not by nccl' in output
    labels = read_labels(folder / 'labels' / 'pseudo_labels.json')
    assert len(labels['images']) == 5
    state = torch.load(folder / 'work' / 'iter_2.pth', weights_only=False)
    assert state['meta']['iter'] == 2
    (table,) = (folder / 'measured').glob('*/*.json')
    measures = json.loads(table.read_text())
    assert measures['object/segm_AP'] >= 0
    assert measures['object/failed_images'] == 0
