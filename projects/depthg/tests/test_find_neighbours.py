"""The tool that makes the file of neighbours which a config names."""

import runpy

import numpy as np
import pytest
from helpers import ROOT
from mmengine.config import Config

from mmcuts3d.registry import DATASETS
from projects.depthg.depthg.neighbours import Neighbours, find_neighbours
from projects.depthg.tests.tiny_folder import folder_config, write_folder

TOOL = ROOT / 'projects' / 'depthg' / 'tools' / 'find_neighbours.py'


def run(*arguments):
    tool = runpy.run_path(str(TOOL))
    return tool['main']([str(one) for one in arguments])


@pytest.fixture
def config(tmp_path):
    write_folder(tmp_path / 'set', number=5)
    images = folder_config(tmp_path / 'set', crops='five')
    images['pipeline'].insert(-1, dict(type='mmcuts3d.MirrorAtRandom'))
    source = dict(type='mmcuts3d.ClassicalFeatures', patch_size=4)
    path = tmp_path / 'config.py'
    Config(
        dict(
            custom_imports=dict(imports=['projects.depthg.depthg']),
            model=dict(features=source),
            train_dataloader=dict(
                dataset=dict(
                    type='mmcuts3d.PairedImages',
                    dataset=images,
                    neighbours=str(tmp_path / 'out' / 'pairs.npz'),
                )
            ),
        )
    ).dump(path)
    return path


def test_the_file_that_the_config_names(config, tmp_path, capsys):
    assert run(config, '--pooling', 'moments', '--number', 8) == 0
    told = capsys.readouterr().out
    assert '25 of 25 images' in told and '8 neighbours of each of 25' in told
    found = Neighbours.read(tmp_path / 'out' / 'pairs.npz')
    # The same without the tool, and without chance.
    plain = folder_config(tmp_path / 'set', crops='five')
    from mmcuts3d.models.features import ClassicalFeatures

    expected = find_neighbours(
        DATASETS.build(plain),
        ClassicalFeatures(patch_size=4),
        tmp_path / 'mine.npz',
        8,
        pooling='moments',
    )
    assert np.array_equal(found.indices, expected.indices)
    pairs = DATASETS.build(
        Config.fromfile(config).train_dataloader.dataset.to_dict()
    )
    assert len(pairs) == 25


def test_bad_input(config, tmp_path):
    with pytest.raises(ValueError, match=r"pooling='moments'"):
        run(config)
    text = config.read_text().replace('PairedImages', 'SegFolder')
    other = tmp_path / 'other.py'
    other.write_text(text.replace('neighbours=', 'neighbour='))
    with pytest.raises(ValueError, match=r'to be PairedImages, but got .*Seg'):
        run(other)
    with pytest.raises(ValueError, match='nowhere'):
        run(tmp_path / 'nowhere.py')
