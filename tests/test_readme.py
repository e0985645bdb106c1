"""README's Python runs as it is printed, on a small image and depth."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import ROOT
from helpers.docs import python_blocks

BLOCKS = python_blocks((ROOT / 'README.md').read_text('utf-8'))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where README's reader stands, with an image of two boxes on a wall."""
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    image = np.full((96, 128, 3), 60, np.uint8)
    depth = np.full((96, 128), 200, np.uint8)
    for left, near in ((30, 40), (64, 110)):
        image[30:70, left : left + 34] = (40, 160, 220)
        depth[30:70, left : left + 34] = near
    noise = np.random.default_rng(0).integers(0, 12, image.shape)
    image += noise.astype(np.uint8)
    cv2.imwrite(str(tmp_path / 'image.jpg'), image)
    cv2.imwrite(str(tmp_path / 'depth.png'), depth)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_blocks():
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize('block', BLOCKS, ids=lambda b: b.splitlines()[0])
def test_block_runs(block, folder, capsys):
    names = {}
    exec(compile(block, 'README.md', 'exec'), names)
    assert capsys.readouterr().out.strip()
    if 'instances' in names:
        found = names['instances']
        assert len(found.scores) == len(found.masks) == 2
    if 'result' in names:
        assert names['result']['predictions'][0]['scores']
    for written in re.findall(r'\bout/[\w/]+\.\w+', block):
        assert Path(written).stat().st_size > 0
