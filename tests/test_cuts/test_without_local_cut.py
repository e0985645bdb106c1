"""CutS3D without the cut in 3D (supplement, Table 3a)."""

import numpy as np
import pytest
from helpers.cuts import NO_CRF

from mmcuts3d.cuts import CutS3D, MaskCut, preset
from mmcuts3d.cuts.batched import BatchCutter


def test_semantic_masks_are_the_instances(squares):
    scene = squares()
    cut = CutS3D(local=False, refine=NO_CRF)
    found = cut(scene.image, scene.features, scene.depth)
    assert not cut.has_confidences and found.confidences is None
    assert (found.scores == 1).all()
    np.testing.assert_array_equal(found.patch_masks[0], scene.both)
    first = found.steps[0]
    assert first.confidence is None and np.isnan(first.separation)
    assert first.depth is not None  # it sharpens the graph
    in_3d = CutS3D(refine=NO_CRF)(scene.image, scene.features, scene.depth)
    assert (in_3d.patch_masks[0] != scene.both).any()


def test_without_sharpening_too_it_is_a_cut_of_the_features(squares):
    """Depth then changes nothing: MaskCut with CutS3D's threshold."""
    scene = squares()
    semantic = {'sharpening': None, 'tau_ncut': 0.15, 'removal': 'zero'}
    cut = CutS3D(local=False, semantic=semantic, refine=NO_CRF, early_stop=1)
    found = cut(scene.image, scene.features, scene.depth)
    expected = MaskCut(refine=NO_CRF)(scene.image, scene.features)
    np.testing.assert_array_equal(
        found.steps[0].local_cut, expected.steps[0].local_cut
    )
    other = cut(scene.image, scene.features, 1 - scene.depth)
    np.testing.assert_array_equal(found.masks, other.masks)


def test_sharpening_alone_sees_depth(squares):
    scene = squares()
    noise = np.random.default_rng(0).normal(0, 0.3, scene.features.shape)
    features = scene.features + noise
    steps = {
        name: CutS3D(local=False, semantic=semantic).steps(
            features, scene.depth
        )
        for name, semantic in (('on', None), ('off', {'sharpening': None}))
    }
    on, off = (steps[name][0].eigenvector for name in ('on', 'off'))
    assert not np.allclose(on, off)


def test_batches_do_the_same(squares):
    scene = squares()
    method = CutS3D(local=False, refine=NO_CRF)
    (found,) = BatchCutter(method)(
        [scene.image], [scene.features], [scene.depth]
    )
    expected = method(scene.image, scene.features, scene.depth)
    np.testing.assert_array_equal(found.masks, expected.masks)


def test_a_preset_takes_it():
    cut = CutS3D.from_preset('touching', local=False)
    assert not cut.cuts_in_3d
    assert preset('touching', local=False)['local'] is False


@pytest.mark.parametrize(
    'settings',
    [{'score': 'separation'}, {'selection': {'min_separation': 0.5}}],
)
def test_what_asks_for_3d_is_refused(settings):
    with pytest.raises(ValueError, match='`local` to be a LocalCut'):
        CutS3D(local=False, **settings)
