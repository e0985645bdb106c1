"""The benchmarks of depth do to maps what they say."""

import importlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import ROOT


@pytest.fixture(scope='module')
def benchmarks():
    """Modules of benchmarks/quality, which are found by its folder."""
    folder = str(ROOT / 'benchmarks' / 'quality')
    sys.path.insert(0, folder)
    names = ('cases', 'depth_notices', 'depth_ranges')
    yield SimpleNamespace(**{n: importlib.import_module(n) for n in names})
    sys.path.remove(folder)


def test_ranges_with_outliers_and_without(benchmarks):
    ramp = np.linspace(1, 2, 4000).reshape(50, 80)
    ramp[0, :9] = 0
    case = benchmarks.cases.Case(
        {'id': 3}, [], None, None, ramp, {'invalid': 0}
    )
    worse = benchmarks.depth_ranges.with_outliers(case)
    assert (worse == 20).sum() == 4
    assert (worse[0, :9] == 0).all()
    rows = {
        row.name: row for row in benchmarks.depth_ranges.rows_of('rgbd_osd')
    }
    assert len(rows) == 10
    assert len({row.depth for row in rows.values()}) == 10
    whole, pressed = rows['whole'], rows['whole, outliers']
    auto = rows['auto, outliers']
    np.testing.assert_array_equal(
        whole.depth_of(case), rows['auto'].depth_of(case)
    )
    assert np.median(pressed.depth_of(case)) < 0.06
    assert np.median(auto.depth_of(case)) == pytest.approx(0.5, abs=0.02)


def test_alarms_of_orders(benchmarks):
    rises = np.linspace(0.2, 0.9, 30)
    assert benchmarks.depth_notices.alarms(rises)[0] == 0
    share, after = benchmarks.depth_notices.alarms(-rises)
    assert share == 1
    np.testing.assert_array_equal(after, [20, 20])
