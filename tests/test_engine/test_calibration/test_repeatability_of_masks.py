"""How well masks come again, on cases solved by hand."""

import numpy as np
import pytest

from mmcuts3d.engine.calibration import kappa, repeatability


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
        assert repeatability(masks, others) == 0


def test_masks_are_paired_one_to_one():
    first, second, third = square(0, 0), square(0, 8), square(8, 8)
    assert repeatability([first, second], [second, first]) == 1
    # One that comes twice is found once.
    assert repeatability([first, first], [first, third]) == 0.5
    both = first | second
    pair = [both, first]
    # `both` has its best partner in `both`, whatever is paired first.
    assert repeatability(pair, [first, both]) == 1
    assert repeatability([first], [both, first]) == 0.5
