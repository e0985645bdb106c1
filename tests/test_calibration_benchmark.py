"""The study of the criterion counts what it says."""

import importlib
import sys

import numpy as np
import pytest
from helpers import ROOT

from mmcuts3d.cuts.semantic.auto_threshold import auto_threshold


@pytest.fixture(scope='module')
def study():
    folder = str(ROOT / 'benchmarks' / 'quality')
    sys.path.insert(0, folder)
    yield importlib.import_module('calibration')
    sys.path.remove(folder)


def row_of(study, name, aps, values):
    taus = list(study.TAUS)
    lack = len(taus) - len(aps)
    ways = {way: [*values, *[0.0] * lack] for way in study.WAYS}
    aps = [*aps, *[0.0] * lack]
    row = {'set': 'coco_photos', 'features': name, 'taus': taus, **ways}
    return {**row, 'AP50': aps, 'best IoU': aps}


def test_regret_is_what_the_choice_loses(study):
    rows = [
        row_of(study, 'a', [10, 30, 20], [0.1, 0.2, 0.3]),
        row_of(study, 'b', [10, 30, 20], [0.1, 0.3, 0.2]),
        row_of(study, 'none found', [0, 1, 0], [0.1, 0.3, 0.2]),
    ]
    told = study.summary(rows)
    assert 'AP50, 2 of 3 sets and features above 2.0' in told
    lines = told.splitlines()
    (first,) = [i for i, x in enumerate(lines) if 'AP50, 2 of 3' in x]
    stability = lines[first + 4].split('|')
    assert stability[1].strip() == 'stability'
    assert [float(cell) for cell in stability[3:5]] == [5.0, 10.0]
    always = next(x for x in lines if x.startswith('| always auto'))
    assert always.split('|')[3:5] == [' 20.0 ', ' 20.0 ']
    # Chosen among all features: the value 0.3 that comes first.
    pool = study.pooled(rows[:2])[0]
    assert study.chosen(pool, 'stability') == 2
    assert len(pool['AP50']) == 2 * len(study.TAUS)


def test_share_between_two_classes(study):
    """Two directions, half of the patches each: all variance is between."""
    features = np.zeros((2, 8, 8))
    features[0, :, :4] = features[1, :, 4:] = 1
    assert study.between_share(features, 'auto') == pytest.approx(1)
    assert study.between_share(features, 0.5) == pytest.approx(1)
    assert study.between_share(features, 1.0) == 0  # nothing is above
    rng = np.random.default_rng(0)
    noisy = features + rng.normal(size=features.shape) * 0.2
    best = study.between_share(noisy, 'auto')
    assert best < 1
    for tau in (0.1, 0.9):
        assert abs(auto_threshold(noisy) - tau) > 0.1
        assert study.between_share(noisy, tau) < best
