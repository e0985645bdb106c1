"""The component alone, and as its config builds it."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmcuts3d.models.features import ClassicalFeatures
from mmcuts3d.registry import MODELS

CONFIG = (
    Path(__file__).parents[1] / 'configs' / 'cuts3d_positioned_rgbd-scenes.py'
)


@pytest.fixture
def build():
    """The features of the config, with other settings."""

    def build_with(**settings):
        features = Config.fromfile(CONFIG).model.features
        return MODELS.build({**features, **settings})

    return build_with


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (2, 3, 48, 64), generator=generator)


def test_place_is_added_to_the_classical_features(build, images):
    features = build(weight=0.5)(images)
    assert features.shape == (2, 17, 6, 8)
    assert torch.equal(features[:, :15], ClassicalFeatures(8)(images))
    rows, columns = features[1, 15:]
    assert torch.equal(rows, rows[:, :1].expand(6, 8))
    assert torch.equal(columns, columns[:1].expand(6, 8))
    for place in (rows, columns):
        assert place.mean().item() == pytest.approx(0, abs=1e-6)
        assert place.std(correction=0).item() == pytest.approx(0.5)


def test_one_patch_has_no_place(build):
    features = build()(torch.full((1, 3, 8, 8), 7))
    assert torch.equal(features[:, 15:], torch.zeros(1, 2, 1, 1))


def test_negative_weight_is_refused(build):
    with pytest.raises(ValueError, match=r'`weight`.*-1'):
        build(weight=-1.0)


def test_labeler_of_the_config_cuts_with_them(tmp_path):
    config = Config.fromfile(CONFIG)
    config.model.depth = {'type': 'mmcuts3d.FlatDepth'}
    labeler = MODELS.build(config.model)
    assert type(labeler.features).__name__ == 'PositionedFeatures'
    assert labeler.features.weight == 0.5
