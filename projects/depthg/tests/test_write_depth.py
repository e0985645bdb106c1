"""The tool that writes the depth of a folder of images."""

import runpy

import cv2
import numpy as np
import pytest
import torch
from helpers import ROOT

import projects.depthg.depthg  # noqa: F401  # registers
from mmcuts3d.registry import DATASETS, MODELS
from projects.depthg.tests.tiny_folder import folder_config, write_folder

TOOL = ROOT / 'projects' / 'depthg' / 'tools' / 'write_depth.py'
SOURCE = "{'type': 'mmcuts3d.RedIsFar'}"


@MODELS.register_module(force=True)
class RedIsFar(torch.nn.Module):
    """A depth source whose depth is the red of the image."""

    def forward(self, images, data_samples):
        assert data_samples[0].img_path
        return [image[0].float() / 255 for image in images]


def run(*arguments):
    tool = runpy.run_path(str(TOOL))
    return tool['main']([str(one) for one in arguments])


def test_writes_what_the_dataset_reads(tmp_path, capsys):
    truth = write_folder(tmp_path, number=3, depth=False)
    arguments = tmp_path / 'images', tmp_path / 'depth', '--source', SOURCE
    assert run(*arguments) == 0
    assert '3 maps written, 0 were there' in capsys.readouterr().out
    data = DATASETS.build(folder_config(tmp_path, size=40))
    for index, item in enumerate(data):
        red = truth[index][0][..., 0].astype(float)
        expected = (red - red.min()) / np.ptp(red)
        got = item['data_samples'].depth
        assert np.abs(got - expected[:, 8:48]).max() < 0.01
    place = tmp_path / 'depth' / '001.png'
    before = place.stat().st_mtime_ns
    (tmp_path / 'depth' / '002.png').unlink()
    run(*arguments)
    assert '1 maps written, 2 were there' in capsys.readouterr().out
    assert place.stat().st_mtime_ns == before


def test_flat_depth_is_zero(tmp_path):
    write_folder(tmp_path, number=1)
    flat = "{'type': 'mmcuts3d.FlatDepth'}"
    run(tmp_path / 'images', tmp_path / 'flat', '--source', flat)
    written = cv2.imread(str(tmp_path / 'flat' / '000.png'), -1)
    assert written.dtype == np.uint16 and not written.any()
    config = folder_config(tmp_path)
    config['data_prefix']['depth_path'] = 'flat'
    assert not DATASETS.build(config)[0]['data_samples'].depth.any()


def test_bad_input(tmp_path):
    write_folder(tmp_path, number=1)
    images, depth = tmp_path / 'images', tmp_path / 'out'
    with pytest.raises(ValueError, match='--source to be settings .* ZoeD'):
        run(images, depth, '--source', 'ZoeDepth')
    with pytest.raises(ValueError, match='nowhere'):
        run(tmp_path / 'nowhere', depth, '--source', SOURCE)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(ValueError, match='empty to hold images'):
        run(tmp_path / 'empty', depth, '--source', SOURCE)
