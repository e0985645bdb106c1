"""The settings of a cut, as a config gives them to a labeler."""

import numpy as np
import pytest
from helpers.labeler import cuts3d, run, sample, scene_of

from mmcuts3d.cuts import CutS3D, preset
from mmcuts3d.models.features import classical_features


@pytest.fixture(scope='module')
def scene():
    return scene_of(3)


def test_the_plain_labeler_is_the_paper():
    cutter = cuts3d(cut=None).cut
    expected = CutS3D()
    for name in ('semantic', 'local', 'selection', 'refine', 'early_stop'):
        assert getattr(cutter, name) == getattr(expected, name)


def test_the_settings_of_the_method_are_the_configs(scene):
    image, depth = scene
    settings = {'num_instances': 1, 'refine': {'crf': False}}
    (result,) = run(cuts3d(cut=settings), sample(image, depth=depth))
    expected = CutS3D(**settings)(image, classical_features(image), depth)
    assert len(expected) == 1
    np.testing.assert_array_equal(result.pred_instances.masks, expected.masks)
    with pytest.raises(ValueError, match='`beta`'):
        cuts3d(cut={'semantic': {'sharpening': {'beta': 2}}})


def test_a_config_names_a_preset_and_changes():
    config = {'preset': 'touching', 'local': {'k': 8, 'creases': {'noise': 1}}}
    cutter = cuts3d(cut=config).cut
    expected = CutS3D(
        **preset('touching', local={'k': 8, 'creases': {'noise': 1}})
    )
    assert cutter.local == expected.local and cutter.local.k == 8
    assert cutter.semantic == expected.semantic
    # The config is not eaten: it builds again.
    assert config['preset'] == 'touching'
    assert cuts3d(cut=config).cut.local == expected.local


@pytest.mark.parametrize(
    'cut,words',
    [
        ({'preset': 'touch'}, "`preset` .*mean 'touching'"),
        ({'z_scale': 5.0}, "'z_scale', which is a setting of `local`"),
        ({'crf': False}, "'crf', which is a setting of `refine`"),
        ({'local': {'zscale': 5.0}}, "`local` .*mean 'z_scale'"),
        ({'refine': False}, '`refine` .* but got False'),
    ],
)
def test_unknown_settings_offer_the_nearest(cut, words):
    with pytest.raises(ValueError, match=words):
        cuts3d(cut=cut)
