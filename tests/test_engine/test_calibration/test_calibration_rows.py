"""Means and errors of rows, and which are as good as the best."""

import pytest

from mmcuts3d.engine.calibration import (
    Calibration,
    Candidate,
    Row,
    Stability,
    close_rows,
)
from mmcuts3d.engine.calibration.rows import Outcome, make_rows


def row(tau, stability):
    return Row(Candidate(None, None, tau), stability, 0.05, 0.5, 0.1, 2.0)


def test_rows_within_the_standard_error_of_the_best():
    rows = [row(0.6, 0.4), row(0.5, 0.36), row(0.4, 0.34)]
    found = Calibration(rows, 5, {}, False)
    assert close_rows(found) == rows[1:2]


def test_means_and_errors_over_images():
    candidates = [Candidate(None, None, 0.1), Candidate(None, None, 0.2)]
    outcomes = [
        Outcome([Stability(0.2, 0.5), Stability(0.8, 0.0)], [1, 2]),
        Outcome([Stability(0.6, 0.0), Stability(1.0, 0.2)], [3, 2]),
    ]
    best, other = make_rows(candidates, outcomes)
    assert best.candidate.tau == 0.2 and best.stability == pytest.approx(0.8)
    # Values 0.1 and 0.6: a standard deviation of 0.3536, over the root of 2.
    assert other.stability == pytest.approx(0.35)
    assert other.error == pytest.approx(0.25)
    assert other.repeatability == pytest.approx(0.4)
    assert other.ncut == pytest.approx(0.25) and other.num_masks == 2
