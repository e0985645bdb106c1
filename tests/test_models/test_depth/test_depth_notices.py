"""Reversed directions, few levels and outliers are noticed, and said once."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import shared_data

from mmcuts3d.models.depth import DepthFromFiles, DepthKind, notices
from mmcuts3d.models.depth.direction import LEAST, DirectionTally, rise
from mmcuts3d.models.depth.levels import levels_note
from mmcuts3d.models.depth.notices import DepthNotices, noted_depth

IMAGES = torch.zeros(1, 3, 4, 4)
#: Far above, near below.
GROUND = np.repeat(np.linspace(1, 0, 90)[:, None], 120, axis=1)


@pytest.fixture
def said(monkeypatch):
    """Warnings of the sources."""
    lines = []
    monkeypatch.setattr(notices, 'print_log', lambda *a: lines.append(a[0]))
    return lines


def test_the_rise_of_depth_towards_the_upper_edge():
    depth = GROUND.astype(np.float32)
    assert rise(depth) == pytest.approx(1, abs=1e-3)
    assert rise(1 - depth) == pytest.approx(-1, abs=1e-3)
    assert rise(depth**4) == pytest.approx(1, abs=1e-3)  # ranks
    assert rise(depth.T.copy()) == pytest.approx(0, abs=1e-3)
    assert rise(np.zeros((5, 5), np.float32)) == 0


def tally_of(rises, monkeypatch, names=None):
    """Index of the images at which a tally spoke."""
    values = iter(rises)
    monkeypatch.setattr(
        'mmcuts3d.models.depth.direction.rise', lambda depth: next(values)
    )
    tally = DirectionTally()
    names = names or [str(place) for place in range(len(rises))]
    return [i for i, name in enumerate(names) if tally.add(name, GROUND)]


def test_reversed_maps_are_told_after_twenty_and_once(monkeypatch):
    rng = np.random.default_rng(0)
    rises = rng.normal(-0.6, 0.2, 50)
    assert tally_of(rises, monkeypatch) == [LEAST - 1]
    assert tally_of(-rises, monkeypatch) == []
    assert tally_of(rises[:19], monkeypatch) == []
    # Around 0 nothing can be said, nor where the mean is hardly below it.
    assert tally_of(rng.normal(0, 0.4, 300), monkeypatch) == []
    assert tally_of(rng.normal(-0.05, 0.01, 50), monkeypatch) == []
    # A doubtful set needs more images.
    (place,) = tally_of(np.tile([-0.9, -0.5, 0.4], 30), monkeypatch)
    assert place > LEAST


def test_an_image_counts_once(monkeypatch):
    assert tally_of([-0.5] * 60, monkeypatch, ['a', 'b'] * 30) == []


@pytest.mark.parametrize('turned', [False, True])
def test_a_source_says_that_near_and_far_are_mixed_up(turned, tmp_path, said):
    samples = []
    for number in range(25):
        np.save(tmp_path / f'{number}.npy', GROUND)
        samples.append(
            SimpleNamespace(img_path=f'{number}.jpg', ori_shape=(90, 120))
        )
    kind = 'affine-invariant inverse' if turned else 'affine-invariant'
    source = DepthFromFiles(tmp_path, '.npy', kind=kind)
    for sample in samples:
        source(IMAGES, [sample])
    assert len(said) == turned
    if turned:
        assert 'over 20 images' in said[0] and '`direction`' in said[0]


def test_networks_are_looked_at_too(said):
    source = DepthNotices(DepthKind('affine-invariant inverse'), 'auto')
    for number in range(LEAST):
        sample = SimpleNamespace(img_path=f'{number}.jpg')
        depth = noted_depth(GROUND - 5, sample, source)
    np.testing.assert_allclose(depth, 1 - GROUND, atol=1e-6)
    assert len(said) == 1 and 'mixed up' in said[0]
    coarse = np.round(GROUND * 20)
    for _ in range(5):
        noted_depth(coarse, None, source)
    assert len(said) == 4 and said[1].startswith('depth has 21 levels')
    assert 'not named' in said[3]


def test_few_levels_and_heaps_at_an_end_are_told():
    assert levels_note(GROUND) == ''
    assert '16 levels' in levels_note(np.round(GROUND * 15))
    fine = np.linspace(1, 5, 10_000)
    assert levels_note(fine) == ''
    assert levels_note(np.ones(10_000)) == ''
    # Small maps have as few as they want.
    assert levels_note(np.round(GROUND * 15)[::5, ::5]) == ''
    holes, cut = fine.copy(), fine.copy()
    holes[:600] = 0
    assert '6% of the depth is 0, the smallest' in levels_note(holes)
    assert '`invalid`' in levels_note(holes)
    cut[cut > 4] = 4
    assert 'is 4, the largest' in levels_note(cut)
    assert levels_note(cut, far=4) == ''


def test_outliers_do_not_press_the_rest_together(tmp_path, said):
    rng = np.random.default_rng(0)
    depth = 1 + GROUND
    depth.flat[rng.choice(depth.size, depth.size // 1000, False)] = 50
    np.save(tmp_path / 'a.npy', depth)
    sample = SimpleNamespace(img_path='a.jpg', ori_shape=(90, 120))
    found = DepthFromFiles(tmp_path, '.npy')(IMAGES, [sample])[0].numpy()
    assert np.median(np.abs(found - GROUND)) < 0.02
    assert len(said) == 1 and "clip='auto'" in said[0]
    whole = DepthFromFiles(tmp_path, '.npy', clip=None)
    assert whole(IMAGES, [sample])[0].numpy()[0, 0] < 0.05
    assert 'press the rest together' in said[1]


def test_depth_without_outliers_keeps_its_whole_range(tmp_path, said):
    np.save(tmp_path / 'a.npy', 1 + GROUND)
    sample = SimpleNamespace(img_path='a.jpg', ori_shape=(90, 120))
    found = DepthFromFiles(tmp_path, '.npy')(IMAGES, [sample])[0]
    np.testing.assert_allclose(found, GROUND, atol=1e-6)
    assert said == []


def test_a_sensor_is_no_news_unless_its_holes_are_not_named(said):
    root = shared_data('rgbd_osd', 'depth_mm')
    samples = [
        SimpleNamespace(img_path=f'{path.stem}.jpg', ori_shape=(480, 640))
        for path in sorted(root.glob('*.png'))[:4]
    ]
    kind = {'numbers': 'metric', 'unit': 'mm', 'invalid': 0}
    DepthFromFiles(root, kind=kind)(IMAGES, samples)
    assert said == []
    DepthFromFiles(root)(IMAGES, samples)
    assert len(said) == 3 and 'is 0, the smallest value' in said[0]
