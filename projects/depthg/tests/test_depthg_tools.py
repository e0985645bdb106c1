"""The commands in small: the demo, a folder, a training that was stopped."""

import importlib.util
import json
import runpy
import sys

import numpy as np
import pytest
import torch
from helpers import ROOT
from PIL import Image

from projects.depthg.tests.tiny_folder import write_folder

TOOLS = ROOT / 'projects' / 'depthg' / 'tools'


def tool(name):
    """A command as a module: another project has a demo, too."""
    spec = importlib.util.spec_from_file_location(
        f'depthg_{name}', TOOLS / f'{name}.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


demo, segment_folder = tool('demo'), tool('segment_folder')
SMALL = f"""
_base_ = {str(demo.CONFIG)!r}
train_dataloader = dict(batch_size=2, dataset=dict(dataset=dict(dataset=dict(
    num_scenes=3, size=(64, 64)))))
test_dataloader = dict(dataset=dict(num_scenes=6, size=(64, 64)))
model = dict(sampling=dict(side=3, near=0.9))  # not of random places
train_cfg = dict(max_iters=2)
default_hooks = dict(checkpoint=dict(interval=1))
"""


@pytest.fixture(scope='module')
def demo_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp('depthg_demo')
    (folder / 'small.py').write_text(SMALL)
    words = ['--out', str(folder / 'out'), '--seeds', '2']
    words += ['--config', str(folder / 'small.py')]
    assert demo.main(words) == 0
    return folder / 'out', words


def test_the_demo_measures_every_arm(demo_run):
    table = json.loads((demo_run[0] / 'table.json').read_text())
    assert list(table) == ['STEGO', 'guidance', 'guidance, FPS']
    for name, row in table.items():
        assert set(row) >= set(demo.MEASURES)
        runs = [
            json.loads(
                (
                    demo.arm_folder(demo_run[0], name, seed) / 'result.json'
                ).read_text()
            )['measures']['unsupervised_mIoU']
            for seed in range(2)
        ]
        mean, deviation = row['unsupervised_mIoU']
        assert mean == pytest.approx(np.mean(runs))
        assert deviation == pytest.approx(abs(runs[0] - runs[1]) / 2**0.5)
    for name in ('clusters', 'line_samples', 'samples'):
        assert (demo_run[0] / f'{name}.png').stat().st_size > 5_000


def test_the_demo_does_nothing_twice(demo_run, capsys):
    path = demo_run[0] / 'stego_seed-0' / 'iter_2.pth'
    before = path.stat().st_mtime_ns
    assert demo.main([*demo_run[1], '--no-pictures']) == 0
    assert path.stat().st_mtime_ns == before
    assert 'guidance, FPS' in capsys.readouterr().out


def test_results_of_other_settings_are_not_taken(demo_run):
    with pytest.raises(ValueError, match=r'result\.json.*other'):
        demo.main([*demo_run[1], '--cfg-options', 'model.loss.negatives=2'])


def test_a_folder_is_segmented(tmp_path, capsys):
    write_folder(tmp_path, labels=False)
    out = tmp_path / 'out'
    words = [str(tmp_path / 'images'), '--out', str(out), '--clusters', '3']
    words += ['--depth', str(tmp_path / 'depth'), '--steps', '3']
    assert segment_folder.main(words) == 0
    assert 'guided by depth' in capsys.readouterr().out
    for index in range(4):
        with Image.open(out / 'labels' / f'{index:03d}.png') as image:
            labels = np.asarray(image)
            assert image.mode == 'P'
        assert labels.shape == (40, 56) and labels.max() < 3
        assert (out / 'overlay' / f'{index:03d}.png').is_file()
    assert (out / 'sheet.png').is_file()
    classes = json.loads((out / 'classes.json').read_text())
    assert len(classes['classes']) == len(classes['palette']) == 3
    # A second call segments with what was learned.
    weights = out / 'training' / 'iter_3.pth'
    before = weights.stat().st_mtime_ns
    assert segment_folder.main(words) == 0
    assert weights.stat().st_mtime_ns == before
    with pytest.raises(ValueError, match='of others'):
        segment_folder.main([*words, '--seed', '1'])


def test_a_folder_of_one_image(tmp_path):
    write_folder(tmp_path, number=1)
    with pytest.raises(ValueError, match='two images at least.*got 1'):
        segment_folder.main([str(tmp_path / 'images')])


def test_a_folder_lacks_a_depth(tmp_path):
    write_folder(tmp_path)
    (tmp_path / 'depth' / '002.png').unlink()
    words = [str(tmp_path / 'images'), '--depth', str(tmp_path / 'depth')]
    with pytest.raises(ValueError, match=r'depth map .* 1 of 4: .*002\.png'):
        segment_folder.main([*words, '--out', str(tmp_path / 'out')])


def test_bad_numbers(tmp_path):
    write_folder(tmp_path)
    images = str(tmp_path / 'images')
    with pytest.raises(ValueError, match='2 clusters'):
        segment_folder.main([images, '--clusters', '1'])
    with pytest.raises(ValueError, match='1 step'):
        segment_folder.main([images, '--steps', '0'])


def trained(monkeypatch, config, work, *more):
    """Runs tools/train.py in this process."""
    words = [str(config), '--work-dir', str(work), *more]
    monkeypatch.setattr(sys, 'argv', ['train.py', *words])
    runpy.run_path(str(ROOT / 'tools' / 'train.py'), run_name='__main__')


def test_a_training_that_was_stopped_ends_with_the_same_weights(
    tmp_path, monkeypatch
):
    from mmcuts3d.engine.config import load_config
    from projects.depthg.depthg.training import make_neighbours

    config = tmp_path / 'small.py'
    text = SMALL.replace('max_iters=2', 'max_iters=4')
    root = str(tmp_path / 'scenes')
    text += f"""
train_dataloader['dataset'].update(neighbours={root + '/n.npz'!r})
train_dataloader['dataset']['dataset']['dataset'].update(
    data_root={root + '/train'!r})
model['guidance'] = dict(schedule=dict(every=2, factor=0.5))
"""
    config.write_text(text)
    make_neighbours(load_config(config))
    trained(monkeypatch, config, tmp_path / 'whole')
    stopped = tmp_path / 'stopped'
    trained(
        monkeypatch,
        config,
        stopped,
        '--cfg-options',
        'train_cfg.max_iters=2',
    )
    trained(monkeypatch, config, stopped, '--resume')
    whole, resumed = (
        torch.load(
            folder / 'iter_4.pth', map_location='cpu', weights_only=False
        )['state_dict']
        for folder in (tmp_path / 'whole', stopped)
    )
    assert int(whole['step']) == 4
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
