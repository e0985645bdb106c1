"""Where features are sampled."""

import numpy as np
import pytest
import torch

from projects.depthg.depthg.guidance import (
    AllPlaces,
    FarthestPlaces,
    RandomPlaces,
    degrees_as_radians,
    far_patches,
    patch_places,
)
from projects.depthg.depthg.models import sample_maps


def test_random_places_are_in_the_image():
    places = RandomPlaces(7)(None, 3, (5, 5))
    assert places.shape == (3, 49, 2)
    assert places.abs().max() <= 1 and places.std() > 0.4
    assert not torch.equal(places[0], places[1])


def test_all_places_are_the_map():
    maps = torch.rand(2, 3, 4, 5)
    places = AllPlaces()(None, 2, (4, 5))
    found = sample_maps(maps, places)
    assert torch.allclose(found, maps.flatten(2), atol=1e-6)


def test_places_of_a_narrow_grid():
    assert patch_places(torch.tensor([[0, 1]]), (2, 1)).tolist() == [
        [[-1, -1], [-1, 1]]
    ]


def literal_far(depth, number, first, angle, near):
    """Pinhole and farthest points, loop by loop."""
    height, width = depth.shape
    focal = 0.5 * width / np.tan(np.radians(angle) / 2)
    points = []
    for row in range(height):
        for column in range(width):
            z = near + (1 - near) * float(depth[row, column])
            points.append(
                (
                    z * (column + 0.5 - width / 2) / focal,
                    z * (row + 0.5 - height / 2) / focal,
                    z,
                )
            )
    chosen = [first]
    while len(chosen) < number:
        best, place = -1.0, -1
        for index, point in enumerate(points):
            gap = min(
                sum(
                    (a - b) ** 2 for a, b in zip(point, points[c], strict=True)
                )
                for c in chosen
            )
            if index not in chosen and gap > best + 1e-12:
                best, place = gap, index
        chosen.append(place)
    return chosen


@pytest.mark.parametrize('near', [0.0, 0.4])
def test_far_patches_by_loops(near):
    depth = np.random.default_rng(0).random((2, 6, 5))
    torch.manual_seed(3)
    found = far_patches(depth, 9, 70.0, near)
    for one, chosen in zip(depth, found, strict=True):
        wanted = literal_far(one, 9, int(chosen[0]), 70.0, near)
        assert chosen.tolist() == wanted


def test_the_first_patch_is_drawn():
    depth = torch.rand(1, 8, 8)
    firsts = set()
    for seed in range(8):
        torch.manual_seed(seed)
        places = FarthestPlaces(3)(depth, 1, (8, 8))
        firsts.add(tuple(places[0, 0].tolist()))
    assert len(firsts) > 3


def test_samples_gather_at_a_step_in_depth():
    """Supplement, Figure 2: edges get more samples than a plane does."""
    depth = np.full((1, 20, 20), 0.2)
    depth[:, :, 9] = np.linspace(0.2, 1.0, 20)  # a steep wall
    torch.manual_seed(0)
    chosen = far_patches(depth, 40, near=0.2)[0]
    share = (chosen % 20 == 9).mean()
    assert share > 4 / 20


def test_places_lie_in_their_patches():
    depth = torch.rand(2, 5, 9)
    torch.manual_seed(1)
    middles = FarthestPlaces(4, jitter=False)(depth, 2, (5, 9))
    torch.manual_seed(1)
    places = FarthestPlaces(4)(depth, 2, (5, 9))
    away = (places - middles).abs().amax((0, 1))
    assert 0.05 < float(away[0]) <= 0.125  # half of 2 / 8
    assert 0.1 < float(away[1]) <= 0.25  # half of 2 / 4
    assert float(places.abs().max()) <= 1


def test_n_falls():
    depth = torch.rand(1, 6, 6)
    fewer = FarthestPlaces(5, shrink_every=100)
    sizes = [
        fewer(depth, 1, (6, 6), step).shape[1] for step in (0, 99, 100, 999)
    ]
    assert sizes == [25, 25, 16, 1]


def test_degrees_taken_for_radians():
    """tan(55 / 2) of 55 radians: an angle of about 89 degrees."""
    found = degrees_as_radians(55)
    assert np.tan(np.radians(found) / 2) == pytest.approx(
        abs(np.tan(55 / 2)), rel=1e-9
    )
    assert 88 < found < 89
    released = FarthestPlaces(variant='as_released')
    assert released.field_of_view == pytest.approx(found)
    assert FarthestPlaces().field_of_view == 55


@pytest.mark.parametrize(
    ('settings', 'words'),
    [
        (dict(side=0), '`side`'),
        (dict(field_of_view=180), r'`field_of_view`.*180'),
        (dict(variant='released'), '`variant`'),
        (dict(shrink_every=0), '`shrink_every`'),
        (dict(near=1.0), '`near`'),
    ],
)
def test_bad_settings_of_far_places(settings, words):
    with pytest.raises(ValueError, match=words):
        FarthestPlaces(**settings)


def test_bad_input_of_far_places():
    with pytest.raises(ValueError, match=r'N² = 81 .* 4×4 grid'):
        FarthestPlaces(9)(torch.rand(1, 4, 4), 1, (4, 4))
    with pytest.raises(ValueError, match='got None'):
        FarthestPlaces(2)(None, 1, (4, 4))
    with pytest.raises(ValueError, match='`side`'):
        RandomPlaces(0)


def test_flat_depth_spreads_over_the_image():
    torch.manual_seed(0)
    chosen = far_patches(np.zeros((1, 8, 8)), 16, near=0.5)[0]
    quarters = {(c // 8 // 4, c % 8 // 4) for c in chosen.tolist()}
    assert len(set(chosen.tolist())) == 16 and len(quarters) == 4
