"""Shapes are checked at birth; selection keeps the fields together."""

import dataclasses

import numpy as np
import pytest

from mmcuts3d.cuts import CutStep, PseudoInstances

ARRAYS = ('masks', 'patch_masks', 'scores', 'confidences', 'boxes')


def fields(number=3):
    rng = np.random.default_rng(0)
    return {
        'masks': rng.random((number, 8, 12)) < 0.5,
        'patch_masks': rng.random((number, 2, 3)) < 0.5,
        'scores': np.linspace(1, 0.5, number, dtype=np.float32),
        'confidences': rng.random((number, 2, 3)).astype(np.float32),
        'boxes': rng.random((number, 4)).astype(np.float32),
    }


def test_empty():
    empty = PseudoInstances.empty((8, 12), (2, 3))
    assert len(empty) == 0 and list(empty) == []
    assert empty.masks.shape == (0, 8, 12) and empty.masks.dtype == bool
    assert empty.patch_masks.shape == (0, 2, 3)
    assert empty.confidences.shape == (0, 2, 3)
    assert empty.boxes.shape == (0, 4) and empty.scores.shape == (0,)
    assert len(empty[[]]) == len(empty[np.zeros(0, bool)]) == 0


def test_empty_of_a_method_without_confidences():
    empty = PseudoInstances.empty((8, 12), (2, 3), has_confidences=False)
    assert empty.confidences is None and empty[[]].confidences is None
    assert empty.steps == ()


SELECTIONS = pytest.mark.parametrize(
    'index,expected',
    [
        ([], []),
        ([2], [2]),
        ([2, 0], [2, 0]),
        ([-1], [2]),
        (np.array([1, 1]), [1, 1]),
        ([True, False, True], [0, 2]),
        (np.array([False, False, False]), []),
        (slice(None), [0, 1, 2]),
        (slice(1, None), [1, 2]),
        (slice(0, 0), []),
        (slice(None, None, -1), [2, 1, 0]),
    ],
    ids=str,
)


@SELECTIONS
def test_selection(index, expected):
    instances = PseudoInstances(**fields())
    got = instances[index]
    assert isinstance(got, PseudoInstances) and len(got) == len(expected)
    for name in ARRAYS:
        want = getattr(instances, name)[expected]
        assert np.array_equal(getattr(got, name), want)
        assert getattr(got, name).dtype == want.dtype


def steps(*instances):
    """A step an instance, told apart by its seed."""
    grid = np.zeros((2, 3))
    return tuple(
        CutStep(
            grid, grid > 0, grid > 0, grid, seed=(0, place), instance=instance
        )
        for place, instance in enumerate(instances)
    )


@SELECTIONS
def test_selection_says_which_step_made_what(index, expected):
    # Two of five steps became no instance.
    told = [None, 0, 1, None, 2]
    instances = PseudoInstances(**fields(), steps=steps(*told))
    got = instances[index]
    assert [step.seed for step in got.steps] == [(0, n) for n in range(5)]
    for step, old in zip(got.steps, told, strict=True):
        if old in expected:
            assert expected[step.instance] == old
            assert got.scores[step.instance] == instances.scores[old]
        else:
            assert step.instance is None
    assert [step.instance for step in instances.steps] == told


def test_selection_of_a_selection_says_so_still():
    instances = PseudoInstances(**fields(), steps=steps(0, 1, None, 2))
    got = instances[[2, 1]][[0]]
    assert [step.instance for step in got.steps] == [None, None, None, 0]
    singles = [[step.instance for step in one.steps] for one in instances]
    assert singles == [
        [0, None, None, None],
        [None, 0, None, None],
        [None, None, None, 0],
    ]


def test_selection_without_confidences():
    values = {**fields(), 'confidences': None}
    assert PseudoInstances(**values)[[2, 0]].confidences is None


def test_selection_by_scores():
    instances = PseudoInstances(**fields())
    assert instances[instances.scores > 0.6].scores.tolist() == [1, 0.75]


def test_iterates_over_single_instances():
    instances = PseudoInstances(**fields())
    singles = list(instances)
    assert [len(single) for single in singles] == [1, 1, 1]
    assert [single.scores[0] for single in singles] == [1, 0.75, 0.5]


@pytest.mark.parametrize('told', [(), (0, None, 1, 2)])
def test_a_bare_integer_is_no_selection(told):
    with pytest.raises(ValueError, match='Expected argument `masks`'):
        PseudoInstances(**fields(), steps=steps(*told))[0]


@pytest.mark.parametrize(
    'name,shape,words',
    [
        ('masks', (3, 8), r"\('any', 'any', 'any'\), but got \(3, 8\)"),
        ('masks', (2, 8, 12), r"\(2, 'any', 'any'\), but got \(3, 2, 3\)"),
        (
            'patch_masks',
            (2, 2, 3),
            r"\(3, 'any', 'any'\), but got \(2, 2, 3\)",
        ),
        ('scores', (3, 1), r'\(3,\), but got \(3, 1\)'),
        ('scores', (2,), r'\(3,\), but got \(2,\)'),
        ('confidences', (3, 3, 2), r'\(3, 2, 3\), but got \(3, 3, 2\)'),
        ('boxes', (3, 5), r'\(3, 4\), but got \(3, 5\)'),
        ('boxes', (4,), r'\(3, 4\), but got \(4,\)'),
    ],
)
def test_shapes_are_checked_at_birth(name, shape, words):
    with pytest.raises(ValueError, match=words):
        PseudoInstances(**{**fields(), name: np.zeros(shape)})


def test_cut_step_knows_whether_it_counts():
    grid = np.zeros((2, 3))
    step = CutStep(grid, grid > 0, grid > 0, grid, (0, 0))
    assert step.accepted and step.depth is None and step.instance is None
    assert not dataclasses.replace(step, status='too small').accepted


def test_fields_are_not_reassigned():
    instances = PseudoInstances(**fields())
    with pytest.raises(dataclasses.FrozenInstanceError):
        instances.scores = np.zeros(3)
