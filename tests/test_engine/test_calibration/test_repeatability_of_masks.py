"""How well masks come again, on cases solved by hand."""

import numpy as np
import pytest

from mmcuts3d.cuts import CutStep
from mmcuts3d.engine.calibration import (
    half_grids,
    kappa,
    repeatability,
    stability,
)


def square(row, column, side=4, grid=12):
    mask = np.zeros((grid, grid), bool)
    mask[row : row + side, column : column + side] = True
    return mask


def test_kappa_is_that_of_the_table_of_errors():
    """Of a 2 by 2 table, 2 (TP TN - FP FN) over what follows."""
    rng = np.random.default_rng(0)
    for share in (0.1, 0.5, 0.9):
        a = rng.random((9, 7)) < share
        b = a ^ (rng.random((9, 7)) < 0.2)
        tp, tn = (a & b).sum(), (~a & ~b).sum()
        fp, fn = (~a & b).sum(), (a & ~b).sum()
        below = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
        expected = 2 * (tp * tn - fp * fn) / below
        assert kappa(a, b) == pytest.approx(max(expected, 0))


def test_kappa_of_two_halves_of_a_mask():
    # 144 patches, 16 each, 8 in both: agreed 128 / 144, by chance
    # (16² + 128²) / 144².
    chance = (16**2 + 128**2) / 144**2
    expected = (128 / 144 - chance) / (1 - chance)
    assert kappa(square(0, 0), square(0, 2)) == pytest.approx(expected)
    assert kappa(square(0, 0), square(0, 0)) == 1


def test_what_says_nothing_counts_nothing():
    everything, nothing = np.ones((12, 12), bool), np.zeros((12, 12), bool)
    one = square(1, 1, side=1)
    for masks, others in (
        ([], []),
        ([everything], [everything]),
        ([nothing], [nothing]),
        ([one], [square(7, 7, side=1)]),
        ([~one], [~square(7, 7, side=1)]),
        ([square(0, 0)], []),
    ):
        assert repeatability(masks, others, 1) == 0


def test_masks_are_paired_one_to_one():
    first, second, third = square(0, 0), square(0, 8), square(8, 8)
    assert repeatability([first, second], [second, first], 2) == 1
    # One that comes twice is found once.
    assert repeatability([first, first], [first, third], 2) == 0.5
    both = first | second
    pair = [both, first]
    # `both` has its best partner in `both`, whatever is paired first.
    assert repeatability(pair, [first, both], 2) == 1
    assert repeatability([first], [both, first], 2) == 0.5


def step(mask, eigenvalue, status='accepted'):
    return CutStep(
        eigenvector=np.zeros(mask.shape, np.float32),
        semantic_mask=mask,
        local_cut=mask,
        confidence=None,
        seed=(0, 0),
        status=status,
        eigenvalue=eigenvalue,
    )


def test_stability_is_repeatability_times_what_cuts_do_not_cost():
    first, second = square(0, 0), square(8, 8)
    steps = [step(first, 0.1), step(second, 0.3, 'too small')]
    found = stability(steps, [step(first, 0.2)], 2)
    assert found.repeatability == 0.5  # what is not kept does not count
    assert found.ncut == pytest.approx(0.2)
    assert found.value == pytest.approx(0.5 * 0.8)


def test_stability_of_what_cannot_be_cut():
    nothing = step(square(0, 0), float('nan'), 'no structure')
    assert stability([nothing], [nothing], 3) == (0, 1)
    # Costs may pass 1; the criterion is never below 0.
    dear = step(square(0, 0), 1.5)
    assert stability([dear], [dear], 1).value == 0


def test_half_grids_have_no_patch_in_common():
    features = np.arange(2 * 9 * 8, dtype=np.float32).reshape(2, 9, 8)
    first, second = half_grids(features)
    assert first.shape == second.shape == (2, 4, 4)
    assert not set(first.ravel()) & set(second.ravel())
    assert first[1, 2, 3] == features[1, 4, 6]
    assert second[1, 2, 3] == features[1, 5, 7]
    with pytest.raises(ValueError, match='8 patches a side, but got 9 by 7'):
        half_grids(features[:, :, :7])
