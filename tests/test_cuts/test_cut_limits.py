"""What ends the rounds, what is not kept, and what an instance scores."""

import numpy as np
import pytest

from mmcuts3d.cuts import (
    CutS3D,
    CutStep,
    MaskCut,
    affinity,
    normalized_cut,
    paint_out,
    sharpen,
    spatial_importance,
)
from mmcuts3d.cuts.cleanup import to_instances

# Named, so that a change of the defaults changes no scene.
PAPER = {
    'crf': False,
    'outside': 'push',
    'crease': 0.0,
    'tau_knn': 0.115,
    'z_scale': 3.0,
    'num_instances': 3,
}
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
    steps = MaskCut(tau_ncut=0.2, num_instances=2).steps(features)
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
    settings = {**PAPER, 'num_instances': 2, 'early_stop': 1, 'beta': 0.45}
    cutter = CutS3D(tau_ncut=0.2, sigma=3, solver=solver, **settings)
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


def test_rounds_end_where_a_cut_costs_too_much(squares):
    scene = squares()

    def rounds(limit):
        cutter = CutS3D(max_eigenvalue=limit, **PAPER)
        return cutter.steps(scene.features, scene.depth)

    cheap, dear = (step.eigenvalue for step in rounds(2))
    assert 0 < cheap < dear < 1e-3
    assert len(rounds(dear)) == 2
    between = rounds((cheap + dear) / 2)
    assert [step.eigenvalue for step in between] == [cheap]
    assert between[0].accepted
    assert len(rounds(cheap)) == 1 and rounds(cheap)[0].accepted


def test_no_round_is_cheap_enough(squares):
    scene = squares()
    cutter = CutS3D(max_eigenvalue=0, **PAPER)
    (step,) = cutter.steps(scene.features, scene.depth)
    assert step.status == 'the cut costs too much'
    assert not step.local_cut.any() and not step.bipartition.any()
    assert np.array_equal(step.depth, scene.depth)
    got = cutter(scene.image, scene.features, scene.depth)
    assert len(got) == 0 and got.patch_masks.shape == (0, 24, 24)


def test_a_piece_of_wall_is_painted_out_and_not_kept(table):
    kept = CutS3D(**PAPER).steps(table.features, table.depth)
    cutter = CutS3D(min_separation=0.6, **PAPER)
    steps = cutter.steps(table.features, table.depth)
    # The wall's piece comes first, and one group holds both squares.
    for found, statuses in (
        (kept, ['accepted', 'accepted']),
        (steps, [APART, 'accepted']),
    ):
        assert [step.status for step in found] == statuses
        assert np.array_equal(found[0].bipartition, table.both)
        assert np.array_equal(found[0].local_cut, table.right)
        assert found[0].separation == pytest.approx(table.separation, 1e-5)
        # Only the piece was painted, or the object would be lost.
        assert np.array_equal(found[1].bipartition, table.left)
        assert np.array_equal(found[1].local_cut, table.left)
        assert found[1].separation == 1
    (mask,) = cutter(table.image, table.features, table.depth).patch_masks
    assert np.array_equal(mask, table.left)


def test_separation_decides_at_its_value(table):
    settings = {**PAPER, 'num_instances': 1}
    value = CutS3D(**settings).steps(table.features, table.depth)[0].separation
    for limit, accepted in ((value, True), (value + 1e-9, False)):
        cutter = CutS3D(min_separation=limit, **settings)
        (step,) = cutter.steps(table.features, table.depth)
        assert step.accepted is accepted


def test_the_whole_group_is_painted_if_asked(table):
    cutter = CutS3D(min_separation=0.6, paint='semantic', **PAPER)
    steps = cutter.steps(table.features, table.depth)
    assert [step.status for step in steps] == [APART]
    assert len(cutter(table.image, table.features, table.depth)) == 0


def test_what_is_refused_for_another_reason_says_so():
    # One patch on a plane is too small, and not apart either.
    features = np.zeros((2, 20, 20), np.float32)
    features[0, 5, 5] = 1
    features[1] = 1 - features[0]
    cutter = CutS3D(min_separation=0.9, min_area=0.01, **PAPER)
    step = cutter.steps(features, np.full((20, 20), 0.5))[0]
    assert step.separation < 0.9 and step.status == 'too small'


def test_separation_changes_the_ranking(table):
    def label(score):
        cutter = CutS3D(score=score, **PAPER)
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
        return CutStep(
            eigenvector=mask.astype(float),
            bipartition=mask,
            local_cut=mask,
            confidence=confidence,
            seed=(1, 1),
            separation=separation,
        )

    # The second loses column 4 to the first, and its confidence with it.
    steps = [step([3, 4], [0.8, 1.0], 0.3), step([4, 5], [1.0, 0.6], 0.8)]
    image = np.zeros((4, 8, 3), np.uint8)
    plain = to_instances(image, steps, crf=False)
    apart = to_instances(image, steps, crf=False, score='separation')
    np.testing.assert_allclose(plain.scores, [0.9, 0.6], 1e-6)
    np.testing.assert_allclose(apart.scores, [0.27, 0.48], 1e-6)


@pytest.mark.parametrize(
    'name,value',
    [
        ('max_eigenvalue', -0.1),
        ('max_eigenvalue', 2.1),
        ('max_eigenvalue', float('nan')),
        ('max_eigenvalue', None),
        ('min_separation', -0.1),
        ('min_separation', 1.1),
        ('min_separation', 'half'),
        ('score', 'area'),
        ('score', None),
        ('crease', -1),
        ('crease_sigma', 0),
        ('crease_noise', -1),
    ],
)
def test_bad_settings_are_named(name, value):
    words = rf'Expected argument `{name}` to .*, but got {value!r}\.'
    with pytest.raises(ValueError, match=words):
        CutS3D(**{name: value})


def test_an_unknown_score_is_named():
    grid = np.zeros((2, 2))
    step = CutStep(grid, grid > 0, grid > 0, grid, (0, 0))
    with pytest.raises(ValueError, match='score'):
        to_instances(np.zeros((4, 4, 3), np.uint8), [step], score='area')


def test_a_score_by_separation_asks_for_depth():
    grid = np.ones((2, 2))
    step = CutStep(grid, grid > 0, grid > 0, grid, (0, 0))
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match='separation'):
        to_instances(image, [step], crf=False, score='separation')
