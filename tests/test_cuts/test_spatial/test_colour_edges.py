"""Edges of colour, where depth says little."""

import numpy as np
import pytest

from mmcuts3d.cuts import ColourEdges, CutS3D, LocalCut, Surface, patch_colours
from mmcuts3d.cuts.spatial.point_cloud import Graph

SIDE = 40
GRID = (SIDE, SIDE)
ROWS, COLUMNS = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
INSIDE = (ROWS > 0.2) & (ROWS < 0.8) & (COLUMNS > 0.2) & (COLUMNS < 0.8)
LEFT = INSIDE & (COLUMNS < 0.5)
X = np.where(LEFT, 1.0, np.where(INSIDE, 0.5, -1.0))
#: Depth that says nothing: waves tear everything, if they are believed.
NOISY = 0.5 + 0.4 * np.sin(2 * np.pi * 9 * COLUMNS) * np.cos(ROWS * 40)


def image_of(left=(255, 0, 0), right=(0, 0, 255), scale=4):
    """Two bodies of a colour each, before a grey wall."""
    image = np.full((*GRID, 3), 128, np.uint8)
    image[LEFT] = left
    image[INSIDE & ~LEFT] = right
    return np.kron(image, np.ones((scale, scale, 1), np.uint8))


def test_a_patch_has_the_mean_of_its_pixels():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (12, 20, 3), np.uint8)
    got = patch_colours(image, (3, 5))
    expected = image.reshape(3, 4, 5, 4, 3).mean((1, 3)) / 255
    np.testing.assert_allclose(got, expected, atol=1e-12)
    # A size that is no multiple of the grid: a pixel counts by its share.
    got = patch_colours(image[:, :3], (12, 2))
    first = (image[:, 0] * 1.0 + image[:, 1] * 0.5) / 1.5 / 255
    np.testing.assert_allclose(got[:, 0], first, atol=1e-12)


def surface_of(image, depth, trust=None):
    return Surface(depth, GRID, 3.0, trust=trust, image=image)


def test_black_and_white_are_the_weight_apart():
    image = np.zeros((2, 3, 3), np.uint8)
    image[:, 1] = 255
    image[:, 2] = (255, 0, 0)
    surface = Surface(np.zeros((2, 3)), (2, 3), image=image)
    graph = Graph(
        3, np.array([[0, 1], [0, 2], [1, 2]]), np.array([0.3, 0.3, 0.0])
    )
    edges = ColourEdges(weight=0.4, where='everywhere')
    got = edges.lengthen(graph, np.arange(3), surface).lengths
    third = 0.4 / np.sqrt(3)
    expected = [
        0.5,
        np.hypot(0.3, third),
        0.4 * np.sqrt(2 / 3),
    ]
    np.testing.assert_allclose(got, expected)
    # Depth without noise is trusted: colour has nothing to say.
    plain = ColourEdges(weight=0.4).lengthen(graph, np.arange(3), surface)
    np.testing.assert_array_equal(plain.lengths, graph.lengths)


def test_colour_counts_as_far_as_depth_is_not_trusted():
    cut = LocalCut(trust={}, colours={})
    surface = cut.surface(NOISY, GRID, image_of())
    assert 0 < surface.trust < 0.2
    number = SIDE * SIDE
    graph = Graph(number, np.array([[0, number // 2]]), np.zeros(1))
    nodes = np.arange(number)
    got = cut.colours.lengthen(graph, nodes, surface).lengths
    colours = surface.colours.reshape(-1, 3)
    apart = np.linalg.norm(colours[0] - colours[number // 2]) / np.sqrt(3)
    expected = 0.25 * (1 - surface.trust) * apart
    assert got == pytest.approx(expected)


@pytest.mark.parametrize('outside', ['push', 'drop'])
def test_unlike_neighbours_part_without_depth(outside):
    cut = LocalCut(outside=outside, trust={}, colours={})
    got = cut(INSIDE, X, cut.surface(NOISY, GRID, image_of()))
    assert (got == LEFT).all()
    same = image_of(right=(255, 0, 0))
    got = cut(INSIDE, X, cut.surface(NOISY, GRID, same))
    assert (got == INSIDE).all()


def test_depth_without_noise_needs_no_colour():
    striped = image_of()
    striped[::8] = 0
    depth = np.where(INSIDE, 0.3, 0.9)
    cut = LocalCut(source='large', terminals='discs', trust={}, colours={})
    plain = LocalCut(source='large', terminals='discs')
    got = cut(INSIDE, X, cut.surface(depth, GRID, striped))
    np.testing.assert_array_equal(got, plain(INSIDE, X, depth))
    everywhere = LocalCut(
        source='large',
        terminals='discs',
        colours={'where': 'everywhere', 'weight': 2},
    )
    torn = everywhere(INSIDE, X, everywhere.surface(depth, GRID, striped))
    assert torn.sum() < 0.5 * got.sum()


def test_a_border_of_colour_counts_as_separation():
    cut = LocalCut(trust={}, colours={})
    flat = np.zeros(GRID)
    flat[0, 0] = 1  # a range, so that there is noise of levels to find
    two, one = (
        cut.separation(LEFT, cut.surface(NOISY, GRID, image))
        for image in (image_of(), image_of(right=(255, 0, 0)))
    )
    assert two > one


@pytest.mark.parametrize('call', ['__call__', 'sweep', 'separation', 'split'])
def test_colours_need_the_image(call):
    cut = LocalCut(trust={}, colours={})
    args = (INSIDE, X, NOISY) if call in ('__call__', 'sweep') else ()
    with pytest.raises(ValueError, match='argument `image`, or a surface'):
        getattr(cut, call)(*(args or (INSIDE, NOISY)))
    plain = LocalCut(trust={}).surface(NOISY, GRID)
    with pytest.raises(ValueError, match='argument `image`, or a surface'):
        cut.surface(plain, GRID)
    with pytest.raises(ValueError, match='made with `image`'):
        plain.colours  # noqa: B018


def test_steps_need_the_image_too():
    features = np.stack([INSIDE, ~INSIDE]).astype(np.float32)
    cut = CutS3D.from_preset('robust', refine={'crf': False})
    with pytest.raises(ValueError, match='argument `image`'):
        cut.steps(features, NOISY)
    image = image_of()
    steps = cut.steps(features, NOISY, image)
    found = {step.local_cut.tobytes() for step in steps if step.accepted}
    assert found == {LEFT.tobytes(), (INSIDE & ~LEFT).tobytes()}
    assert len(cut(image, features, NOISY)) == 2


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'weight': 0}, 'weight'),
        ({'weight': -1}, 'weight'),
        ({'where': 'nowhere'}, "'untrusted', 'everywhere'"),
        ({'wight': 1}, 'wight'),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        LocalCut(colours=settings)


@pytest.mark.parametrize(
    'image', [np.zeros(GRID, np.uint8), np.zeros((4, 4, 3)), None]
)
def test_a_bad_image_is_named(image):
    with pytest.raises(ValueError, match='`image`'):
        patch_colours(image, (2, 2))
