"""How far depth is trusted: noise parts nothing, steps do."""

import numpy as np
import pytest

from mmcuts3d.cuts import CutS3D, DepthTrust, LocalCut, Surface, depth_noise
from mmcuts3d.cuts.semantic.semantic_cut import SemanticCut

SIDE = 60
ROWS, COLUMNS = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
GRID = (SIDE, SIDE)
PLANE = 0.2 + 0.5 * ROWS + 0.2 * COLUMNS


def two_bodies(noise=0.0, step=0.3):
    """Depth of two bodies side by side, before a wall."""
    depth = np.full(GRID, 0.9)
    inside = (ROWS > 0.2) & (ROWS < 0.8) & (COLUMNS > 0.2) & (COLUMNS < 0.8)
    left = inside & (COLUMNS < 0.5)
    depth[inside] = 0.3
    depth[inside & ~left] += step
    rng = np.random.default_rng(5)
    noisy = depth + noise * rng.normal(size=GRID)
    return noisy.clip(0, 1), left, inside


@pytest.mark.parametrize('down', [0.0, 0.3, -0.6])
def test_a_plane_has_no_noise(down):
    plane = np.clip(0.5 + down * (ROWS - 0.5) + 0.2 * (COLUMNS - 0.5), 0, 1)
    assert depth_noise(plane) < 1e-6
    assert DepthTrust()(plane, 3.0) == 1


def test_bodies_that_face_the_camera_are_no_noise():
    assert depth_noise(two_bodies()[0]) == 0


@pytest.mark.parametrize('sigma', [0.002, 0.01, 0.05])
def test_noise_is_the_median_of_its_second_difference(sigma):
    depth = PLANE + sigma * np.random.default_rng(3).normal(size=GRID)
    # Second differences have a variance of 6; half lie within 0.6745 sigma.
    expected = 0.6745 * np.sqrt(6) * sigma
    assert depth_noise(depth.clip(0, 1)) == pytest.approx(expected, rel=0.05)


def test_waves_have_the_height_of_their_bend():
    # A wave of eight patches: over two patches cos changes from 1 to 0.
    depth = 0.5 + 0.1 * np.cos(2 * np.pi * np.arange(SIDE) / 8)
    depth = np.broadcast_to(depth, GRID)
    bends = np.abs(2 * 0.1 * np.cos(2 * np.pi * np.arange(SIDE) / 8))[2:-2]
    both = np.concatenate([np.zeros((SIDE - 4) * SIDE), np.tile(bends, SIDE)])
    assert depth_noise(depth) == pytest.approx(np.median(both), abs=1e-6)


@pytest.mark.parametrize(('levels', 'noise'), [(16, 1 / 15), (256, 1 / 255)])
def test_levels_are_noise_of_their_height(levels, noise):
    depth = ROWS * 0.7 + COLUMNS * 0.3
    depth = (depth - depth.min()) / np.ptp(depth)
    depth = np.round(depth * (levels - 1)) / (levels - 1)
    assert depth_noise(depth) == pytest.approx(noise, abs=2e-6)


def test_a_few_levels_are_bodies():
    assert depth_noise(np.round(ROWS * 6) / 6) == 0


def test_trust_is_what_noise_leaves():
    depth = PLANE + 0.02 * np.random.default_rng(3).normal(size=GRID)
    noise = depth_noise(depth.clip(0, 1))
    surface = Surface(depth.clip(0, 1), GRID, 3.0, trust=DepthTrust())
    # Three times the noise that is none: a ninth.
    expected = (0.02 / (3 * noise)) ** 2
    assert surface.trust == pytest.approx(expected, rel=1e-6)
    assert surface.z_scale == pytest.approx(3 * expected, rel=1e-6)
    assert np.ptp(surface.points[:, 2]) == pytest.approx(
        surface.z_scale * np.ptp(surface.depth)
    )
    # A cloud that is flat enough is trusted in full.
    flat = Surface(depth.clip(0, 1), GRID, 0.02 / noise, trust=DepthTrust())
    assert flat.trust == 1
    assert Surface(depth.clip(0, 1), GRID).trust == 1


@pytest.mark.parametrize('shape', [(1, 1), (2, 2), (1, 9), (2, 60)])
def test_small_grids(shape):
    depth = np.linspace(0, 1, shape[0] * shape[1]).reshape(shape)
    assert 0 <= depth_noise(depth) <= 2
    assert 0 < DepthTrust()(depth, 3.0) <= 1


def test_the_noise_of_other_grids_is_about_the_same():
    """It is a property of the depth map; points are as far apart."""
    fine = (np.mgrid[:480, :480] + 0.5) / 480
    waves = 0.5 + 0.05 * np.sin(2 * np.pi * 6 * (fine[0] + fine[1]))
    grids = (30, 60, 90, 120)
    found = [depth_noise(Surface(waves, (n, n)).depth) for n in grids]
    assert max(found) < 1.25 * min(found)


@pytest.mark.parametrize('outside', ['push', 'drop'])
def test_ripples_tear_a_body_unless_depth_is_trusted_less(outside):
    depth, _, inside = two_bodies(step=0.0)
    depth = depth + 0.1 * np.sin(np.arange(SIDE) * 2 * np.pi / 8)
    x = np.where(inside, 1.0, -1.0)
    guards = {'outside': outside, 'source': 'large', 'terminals': 'discs'}
    torn = LocalCut(**guards)
    kept = LocalCut(**guards, trust={})
    assert torn(inside, x, depth).sum() < 0.5 * inside.sum()
    assert (kept(inside, x, depth) == inside).all()


def test_a_step_parts_where_depth_is_clean():
    depth, left, inside = two_bodies(noise=0.001)
    x = np.where(left, 1.0, np.where(inside, 0.5, -1.0))
    cut = LocalCut(outside='drop', trust={})
    surface = cut.surface(depth, GRID)
    assert surface.trust == 1
    assert (cut(inside, x, surface) == left).all()


def test_parts_stay_whole_where_depth_is_noisy():
    """The min-cut through a neck is for depth that can be believed."""
    neck = ROWS > 0.45
    body = (COLUMNS < 0.4) | (COLUMNS > 0.6) | (neck & (ROWS < 0.55))
    slope = np.clip(2 * (COLUMNS - 0.5), -0.2, 0.2)
    x = 1 - COLUMNS
    sizes = []
    for noise in (0.0, 0.03):
        rng = np.random.default_rng(1)
        depth = (0.5 + slope + noise * rng.normal(size=GRID)).clip(0, 1)
        guards = {'source': 'large', 'terminals': 'discs', 'z_scale': 1.0}
        cut = LocalCut(outside='drop', sink='signed', trust={}, **guards)
        surface = cut.surface(depth, GRID)
        assert (surface.trust == 1) == (noise == 0)
        sizes.append(cut(body, x, surface).sum() / body.sum())
    assert sizes[0] < 0.6
    assert sizes[1] == 1


def test_creases_count_where_depth_is_trusted_in_full():
    depth = PLANE + 0.01 * np.random.default_rng(3).normal(size=GRID)
    mask = np.ones(GRID, bool)
    trusted = LocalCut(outside='drop', creases={'noise': 0}, trust={})
    plain = LocalCut(outside='drop', trust={})
    surface = trusted.surface(depth.clip(0, 1), GRID)
    assert surface.trust < 1
    for taken in ('removed_edges', 'separation'):
        got = [getattr(cut, taken)(mask, surface) for cut in (trusted, plain)]
        np.testing.assert_array_equal(*got)
    full = LocalCut(outside='drop', creases={'noise': 0})
    assert len(full.removed_edges(mask, depth.clip(0, 1))) > 0


def test_a_surface_of_another_trust_is_refused():
    surface = LocalCut(trust={}).surface(PLANE, GRID)
    with pytest.raises(ValueError, match='z_scale, pooling and trust'):
        LocalCut().surface(surface, GRID)
    assert LocalCut(trust={}).surface(surface, GRID) is surface


@pytest.mark.parametrize('noise', [0, -1, float('nan'), '0.1'])
def test_bad_settings(noise):
    with pytest.raises(ValueError, match='noise'):
        LocalCut(trust={'noise': noise})
    with pytest.raises(ValueError, match='trust'):
        LocalCut(trust={'nois': 0.1})


def test_sharpening_counts_as_far_as_depth():
    features = np.random.default_rng(0).normal(size=(8, *GRID))
    features[0] += 1.5
    depth = two_bodies()[0]
    cut = SemanticCut(tau_ncut=0.3)
    counts = [
        cut.graph(features, depth, trust).num_between
        for trust in (0.0, 0.5, 1.0)
    ]
    plain = SemanticCut(tau_ncut=0.3, sharpening=None).graph(features)
    assert counts[0] == plain.num_between
    assert counts[0] < counts[1] < counts[2]


def test_every_step_tells_the_trust():
    depth, _, inside = two_bodies(noise=0.05)
    features = np.stack([inside, ~inside]).astype(np.float32)
    cut = CutS3D(local={'trust': {}}, refine={'crf': False})
    steps = cut.steps(features, depth)
    expected = cut.local.surface(depth, GRID).trust
    assert 0 < expected < 1
    assert [step.trust for step in steps] == [expected] * len(steps)
    nothing = cut.steps(np.ones_like(features), depth)
    assert [step.trust for step in nothing] == [expected]
