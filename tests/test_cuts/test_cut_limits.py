"""What ends the steps, what is not kept, and what an instance scores."""

import numpy as np
import pytest
from helpers.cuts import NO_CRF, guarded, step_of

from mmcuts3d.cuts import (
    CutS3D,
    MaskCut,
    Refinement,
    affinity,
    normalized_cut,
    paint_out,
    sharpen,
    spatial_importance,
    to_instances,
)

PLAIN = Refinement(crf=False)
APART = 'not apart from what is around it'


@pytest.fixture
def table(squares):
    """The left square stands in front; the right one is drawn on the wall."""
    scene = squares(near=0.3, far=0.9)
    # 30 sides: eight at the other square, the rest at the wall, which is at
    # the same depth, so that neighbours are 1/24 apart.
    scene.separation = (8 + 22 / 24 / 0.115) / 30
    return scene


def noisy(scene):
    rng = np.random.default_rng(2)
    noise = 0.5 * rng.normal(size=(12, *scene.depth.shape))
    return np.concatenate([scene.features, noise])


def test_eigenvalues_of_maskcut(squares):
    features = noisy(squares())
    cutter = MaskCut(semantic={'tau_ncut': 0.2}, num_instances=2)
    steps = cutter.steps(features)
    graph = affinity(features)
    first = normalized_cut(graph, 0.2)
    assert steps[0].accepted
    second = normalized_cut(paint_out(graph, steps[0].local_cut), 0.2)
    expected = [first.eigenvalue, second.eigenvalue]
    assert [step.eigenvalue for step in steps] == expected
    assert 0 < expected[0] < expected[1] < 2
    assert all(np.isnan(step.separation) for step in steps)


@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
def test_eigenvalues_of_cuts3d(squares, solver):
    scene = squares()
    features = noisy(scene)
    semantic = {
        'tau_ncut': 0.2,
        'sharpening': {'beta': 0.45, 'sigma': 3},
        'solver': solver,
    }
    cutter = guarded(num_instances=2, early_stop=1, semantic=semantic)
    steps = cutter.steps(features, scene.depth)
    importance = spatial_importance(scene.depth, 0.45, 3)
    graph = sharpen(affinity(features), importance)
    first = normalized_cut(graph, 0.2, solver=solver)
    assert steps[0].accepted
    graph = paint_out(graph, steps[0].local_cut)
    second = normalized_cut(graph, 0.2, solver=solver)
    expected = [first.eigenvalue, second.eigenvalue]
    assert [step.eigenvalue for step in steps] == expected
    assert 0 < expected[0] < expected[1] < 2


def test_nothing_cut_has_no_eigenvalue():
    features, depth = np.ones((4, 8, 8)), np.full((8, 8), 0.5)
    steps = MaskCut().steps(features) + CutS3D().steps(features, depth)
    assert [step.status for step in steps] == ['no structure'] * 2
    for step in steps:
        assert np.isnan(step.eigenvalue) and np.isnan(step.separation)


def test_steps_end_where_a_cut_costs_too_much(squares):
    scene = squares()

    def steps_at(limit):
        cutter = guarded(max_eigenvalue=limit)
        return cutter.steps(scene.features, scene.depth)

    cheap, dear = (step.eigenvalue for step in steps_at(2))
    assert 0 < cheap < dear < 1e-3
    assert len(steps_at(dear)) == 2
    between = steps_at((cheap + dear) / 2)
    assert [step.eigenvalue for step in between] == [cheap]
    assert between[0].accepted
    assert len(steps_at(cheap)) == 1 and steps_at(cheap)[0].accepted


def test_no_step_is_cheap_enough(squares):
    scene = squares()
    cutter = guarded(max_eigenvalue=0, refine=NO_CRF)
    (step,) = cutter.steps(scene.features, scene.depth)
    assert step.status == 'the cut costs too much'
    assert not step.local_cut.any() and not step.semantic_mask.any()
    assert np.array_equal(step.depth, scene.depth)
    got = cutter(scene.image, scene.features, scene.depth)
    assert len(got) == 0 and got.patch_masks.shape == (0, 24, 24)


def test_a_piece_of_wall_is_removed_and_not_kept(table):
    kept = guarded().steps(table.features, table.depth)
    cutter = guarded(selection={'min_separation': 0.6}, refine=NO_CRF)
    steps = cutter.steps(table.features, table.depth)
    # The wall's piece comes first, and one mask holds both squares.
    for found, statuses in (
        (kept, ['accepted', 'accepted']),
        (steps, [APART, 'accepted']),
    ):
        assert [step.status for step in found] == statuses
        assert np.array_equal(found[0].semantic_mask, table.both)
        assert np.array_equal(found[0].local_cut, table.right)
        assert found[0].separation == pytest.approx(table.separation, 1e-5)
        # Only the piece was removed, or the object would be lost.
        assert np.array_equal(found[1].semantic_mask, table.left)
        assert np.array_equal(found[1].local_cut, table.left)
        assert found[1].separation == 1
    (mask,) = cutter(table.image, table.features, table.depth).patch_masks
    assert np.array_equal(mask, table.left)


def test_separation_decides_at_its_value(table):
    (first,) = guarded(num_instances=1).steps(table.features, table.depth)
    value = first.separation
    for limit, accepted in ((value, True), (value + 1e-9, False)):
        selection = {'min_separation': limit}
        cutter = guarded(num_instances=1, selection=selection)
        (step,) = cutter.steps(table.features, table.depth)
        assert step.accepted is accepted


def test_the_whole_semantic_mask_is_removed_if_asked(table):
    selection = {'min_separation': 0.6}
    cutter = guarded(paint='semantic', selection=selection, refine=NO_CRF)
    steps = cutter.steps(table.features, table.depth)
    assert [step.status for step in steps] == [APART]
    assert len(cutter(table.image, table.features, table.depth)) == 0


def test_what_is_refused_for_another_reason_says_so():
    # One patch on a plane is too small, and not apart either.
    features = np.zeros((2, 20, 20), np.float32)
    features[0, 5, 5] = 1
    features[1] = 1 - features[0]
    cutter = guarded(selection={'min_separation': 0.9, 'min_area': 0.01})
    step = cutter.steps(features, np.full((20, 20), 0.5))[0]
    assert step.separation < 0.9 and step.status == 'too small'


def test_separation_changes_the_ranking(table):
    def label(score):
        cutter = guarded(score=score, refine=NO_CRF)
        return cutter(table.image, table.features, table.depth)

    plain, apart = label('confidence'), label('separation')
    np.testing.assert_array_equal(plain.masks, apart.masks)
    np.testing.assert_array_equal(plain.confidences, apart.confidences)
    np.testing.assert_allclose(plain.scores, [1, 1])
    np.testing.assert_allclose(apart.scores, [table.separation, 1], 1e-5)


def test_score_is_mean_confidence_times_separation():
    def step(columns, confidences, separation):
        mask = np.zeros((4, 8), bool)
        mask[1:3, columns] = True
        confidence = np.zeros((4, 8), np.float32)
        confidence[1:3, columns] = confidences
        return step_of(mask, confidence, separation=separation)

    # The second loses column 4 to the first, and its confidence with it.
    steps = [step([3, 4], [0.8, 1.0], 0.3), step([4, 5], [1.0, 0.6], 0.8)]
    image = np.zeros((4, 8, 3), np.uint8)
    plain = to_instances(image, steps, PLAIN)
    apart = to_instances(image, steps, PLAIN, score='separation')
    np.testing.assert_allclose(plain.scores, [0.9, 0.6], 1e-6)
    np.testing.assert_allclose(apart.scores, [0.27, 0.48], 1e-6)


@pytest.mark.parametrize(
    'name,value',
    [
        ('max_eigenvalue', -0.1),
        ('max_eigenvalue', 2.1),
        ('max_eigenvalue', float('nan')),
        ('max_eigenvalue', None),
        ('selection.min_separation', -0.1),
        ('selection.min_separation', 1.1),
        ('selection.min_separation', 'half'),
        ('score', 'area'),
        ('score', None),
        ('local.creases.weight', -1),
        ('local.creases.sigma', 0),
        ('local.creases.noise', -1),
    ],
)
def test_bad_settings_are_named(name, value):
    *parts, name = name.split('.')
    settings = {name: value}
    for part in reversed(parts):
        settings = {part: settings}
    words = rf'Expected argument `{name}` to .*, but got {value!r}\.'
    with pytest.raises(ValueError, match=words):
        CutS3D(**settings)


def test_an_unknown_score_is_named():
    step = step_of(np.zeros((2, 2)))
    with pytest.raises(ValueError, match='score'):
        to_instances(np.zeros((4, 4, 3), np.uint8), [step], score='area')


def test_a_score_by_separation_asks_for_depth():
    step = step_of(np.ones((2, 2)))
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match='separation'):
        to_instances(image, [step], PLAIN, score='separation')
