"""The steps that a labeler tells, each with its instance."""

import numpy as np
import pytest
from helpers.cuts import touching
from helpers.labeler import (
    assert_same_instances,
    cuts3d,
    run,
    sample,
    scene_of,
)

from mmcuts3d.cuts import CutS3D, CutStep, PseudoInstances, Surface
from mmcuts3d.models.features import classical_features
from mmcuts3d.models.labelers import at_size


@pytest.fixture(scope='module')
def scene():
    return scene_of(3)


def test_steps_are_those_of_the_method(scene):
    image, depth = scene
    labeler = cuts3d()
    (plain,) = run(labeler, sample(image, depth=depth))
    assert not labeler.keep_steps and 'cut_steps' not in plain
    labeler.keep_steps = True
    (result,) = run(labeler, sample(image, depth=depth))
    assert_same_instances(result.pred_instances, plain.pred_instances)
    expected = touching()(image, classical_features(image), depth)
    assert len(result.cut_steps) == len(expected.steps) > 0
    for actual, step in zip(result.cut_steps, expected.steps, strict=True):
        assert (actual.status, actual.instance) == (step.status, step.instance)
        np.testing.assert_array_equal(actual.local_cut, step.local_cut)
        np.testing.assert_array_equal(actual.confidence, step.confidence)
    np.testing.assert_array_equal(result.cut_depth, depth)


@pytest.mark.parametrize('ori_shape', [(64, 80), (191, 333), (5, 6)])
def test_steps_name_their_instance_at_the_original_size(scene, ori_shape):
    image, depth = scene
    labeler = cuts3d(cut={'preset': 'touching', 'num_instances': 5})
    labeler.keep_steps = True
    data = sample(image, depth=depth, ori_shape=ori_shape)
    (result,) = run(labeler, data)
    found = result.pred_instances
    named = [s for s in result.cut_steps if s.instance is not None]
    assert sorted(s.instance for s in named) == list(range(len(found)))
    for step in named:
        confidence = found.confidences[step.instance].numpy()
        np.testing.assert_array_equal(
            confidence[confidence > 0], step.confidence[confidence > 0]
        )
        assert not (confidence[~step.local_cut]).any()


def test_a_bad_image_has_no_steps(scene):
    image, depth = scene
    labeler = cuts3d()
    labeler.keep_steps = True
    nan = np.full((4, 4), np.nan, np.float32)
    results = run(
        labeler, sample(image, depth=nan), sample(image, depth=depth)
    )
    assert results[0].cut_steps == () and '`depth`' in results[0].error
    assert len(results[1].cut_steps) > 0


def test_an_image_is_cut_once(scene, monkeypatch):
    image, depth = scene
    calls = []
    steps, surface = CutS3D.steps, Surface.__init__

    def count_steps(self, *args):
        calls.append('steps')
        return steps(self, *args)

    def count_surface(self, *args, **kwargs):
        calls.append('surface')
        surface(self, *args, **kwargs)

    monkeypatch.setattr(CutS3D, 'steps', count_steps)
    monkeypatch.setattr(Surface, '__init__', count_surface)
    labeler = cuts3d()
    labeler.keep_steps = True
    run(labeler, sample(image, depth=depth), sample(image, depth=depth))
    assert sorted(calls) == ['steps'] * 2 + ['surface'] * 2


def test_a_mask_that_vanishes_leaves_its_step_without():
    masks = np.zeros((3, 64, 64), bool)
    masks[0, 5, 5] = True
    masks[1, :32] = True
    masks[2, 40:] = True
    grids = np.stack([mask[::8, ::8] for mask in masks])
    nothing = np.zeros((8, 8))
    steps = tuple(
        CutStep(nothing, nothing > 0, nothing > 0, nothing, (n, 0), instance=k)
        for n, k in enumerate([0, None, 1, 2])
    )
    found = PseudoInstances(
        masks=masks,
        patch_masks=grids,
        scores=np.array([1.0, 0.5, 0.75], np.float32),
        confidences=grids.astype(np.float32),
        boxes=np.zeros((3, 4), np.float32),
        steps=steps,
    )
    small = at_size(found, (8, 8))
    assert small.masks.shape == (2, 8, 8)
    assert small.scores.tolist() == [0.5, 0.75]
    assert [s.instance for s in small.steps] == [None, None, 0, 1]
    assert [s.seed for s in small.steps] == [s.seed for s in steps]
    same = at_size(found, (64, 64))
    np.testing.assert_array_equal(same.masks, masks)
    assert [s.instance for s in same.steps] == [0, None, 1, 2]
    assert len(at_size(found, (1, 1))) in (0, 1)
