"""What the README says of proposals and of training is so."""

import re
import runpy
import shlex

import pytest
from helpers import ROOT
from mmengine.config import DictAction

from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import MODELS

PROJECT = ROOT / 'projects' / 'ssl_instances'
TEXT = (PROJECT / 'README.md').read_text('utf-8')
COMMANDS = re.findall(
    r'^ +PYTHONPATH=\. python (tools/\S+\.py.*)$',
    TEXT.replace('\\\n', ' '),
    re.M,
)
PROPOSALS = 'proposals_vit-b16-mae_vit-b16-dino_coco.py'


def test_there_are_commands():
    assert {shlex.split(one)[0] for one in COMMANDS} == {
        'tools/generate_pseudo_labels.py',
        'tools/train.py',
    }


@pytest.mark.parametrize('command', COMMANDS)
def test_commands_of_the_core_are_understood(command, monkeypatch):
    file, *words = shlex.split(command)
    monkeypatch.setattr('sys.argv', [file, *words])
    args = runpy.run_path(str(ROOT / file))['parse_args']()
    config = load_config(ROOT / args.config)
    assert config.custom_imports.imports
    if 'train' in file:
        stores = [
            f'{one.data_root}{one.ann_file}'
            for one in config.train_dataloader.dataset.dataset.datasets
        ]
        assert any(stores[0] in one for one in COMMANDS)


def test_settings_of_the_ablations():
    """Each changes what it says, and the labeler takes it."""
    start = TEXT.index('| table | setting |')
    rows = TEXT[start : TEXT.index('\n\n', start)]
    options = re.findall(r'`(model\.\S+=\S+)`', rows)
    assert len(options) == 5
    plain = load_config(PROJECT / 'configs' / PROPOSALS)
    for option in options:
        name, _, value = option.partition('=')
        changed = {name: DictAction._parse_iterable(value)}
        if value == 'None':
            changed = {name: None}
        config = load_config(PROJECT / 'configs' / PROPOSALS, changed)
        assert config.model != plain.model, option
        for part in ('features', 'saliency_features'):
            if isinstance(config.model.get(part), dict):
                config.model[part].update(weights=None, arch='tiny')
        MODELS.build(config.model)


@pytest.mark.parametrize('name', re.findall(r'`([\w.-]+_\w+\.py)`', TEXT))
def test_files_that_are_named_are_there(name):
    assert list(PROJECT.rglob(name)) or (ROOT / 'tools' / name).exists()


def test_numbers_of_the_demo():
    """80 to train on, 40 kept back, as many steps as are said."""
    part = TEXT[TEXT.index('## Demo') : TEXT.index('## What differs')]
    args = runpy.run_path(str(PROJECT / 'tools' / 'demo.py'))['parse_args']([])
    assert f'proposes masks of {args.scenes}' in ' '.join(part.split())
    assert f'for {args.iters} steps' in ' '.join(part.split())
    assert f'other {args.scenes // 2}' in ' '.join(part.split())
