"""Windows cover the image, and what is in them comes back to its place."""

import numpy as np
import pytest
from helpers.cuts import rectangle

from mmcuts3d.cuts import PseudoInstances, Window, box_of, look_windows
from mmcuts3d.cuts.second_look import to_image


def instances(masks, patches, confidences=None, scores=None):
    masks, patches = np.array(masks, bool), np.array(patches, bool)
    if scores is None:
        scores = np.ones(len(masks))
    return PseudoInstances(
        masks=masks,
        patch_masks=patches,
        scores=np.array(scores, np.float32),
        confidences=confidences,
        boxes=np.stack([box_of(mask) for mask in masks]),
    )


def test_the_default_is_four_by_four_of_a_third():
    windows = look_windows((60, 60))
    assert len(windows) == 16
    assert [w.left for w in windows[:4]] == [0, 40, 80, 120]


def test_windows_of_a_half_lie_half_over_each_other():
    windows = look_windows((60, 60), 2, 0.5)
    assert [(w.top, w.left) for w in windows] == [
        (top, left) for top in (0, 30, 60) for left in (0, 30, 60)
    ]
    assert windows[5].patches == (slice(30, 90), slice(60, 120))
    assert windows[5].pixels((480, 640)) == (slice(120, 360), slice(320, 640))


@pytest.mark.parametrize('grid', [(60, 60), (7, 5), (1, 1)])
@pytest.mark.parametrize('zoom,overlap', [(2, 0), (2, 0.5), (3, 0.25), (4, 0)])
def test_windows_cover_every_patch_and_every_pixel(grid, zoom, overlap):
    fine = np.zeros((grid[0] * zoom, grid[1] * zoom), bool)
    image = np.zeros((41, 33), bool)
    for window in look_windows(grid, zoom, overlap):
        rows, columns = window.patches
        assert rows.stop <= fine.shape[0] and columns.stop <= fine.shape[1]
        fine[window.patches] = True
        assert image[window.pixels(image.shape)].size
        image[window.pixels(image.shape)] = True
    assert fine.all() and image.all()


@pytest.mark.parametrize('zoom,overlap', [(2, 0.5), (3, 0.25), (3, 0.5)])
def test_what_is_as_long_as_the_overlap_is_whole_in_a_window(zoom, overlap):
    spans = [w.patches[0] for w in look_windows((60, 60), zoom, overlap)]
    length = int(60 * overlap)
    for start in range(60 * zoom - length + 1):
        assert any(
            span.start <= start and start + length <= span.stop
            for span in spans
        )


def test_masks_come_back_exactly_with_their_maps():
    rng = np.random.default_rng(0)
    window = Window(top=4, left=2, grid=(6, 5), zoom=2)  # of 12 x 10
    size = (36, 20)
    rows, columns = window.pixels(size)
    assert (rows, columns) == (slice(12, 30), slice(4, 14))
    masks = np.zeros((2, 18, 10), bool)
    masks[:, 1:-1, 1:-1] = rng.random((2, 16, 8)) < 0.5
    confidences = rng.random((2, 6, 5)).astype(np.float32)
    found = instances(masks, confidences > 0.5, confidences, [0.25, 0.75])
    got = to_image(found, window, size)
    np.testing.assert_array_equal(got.masks[:, rows, columns], masks)
    assert got.masks.sum() == masks.sum()
    assert got.patch_masks.shape == (2, 12, 10)
    np.testing.assert_array_equal(
        got.confidences[:, 4:10, 2:7], found.confidences
    )
    assert got.confidences.sum() == pytest.approx(confidences.sum())
    assert got.patch_masks.sum() == found.patch_masks.sum()
    for box, mask in zip(got.boxes, got.masks, strict=True):
        np.testing.assert_array_equal(box, box_of(mask))
    assert got.scores.tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    'rows,columns,kept',
    [
        ((2, 4), (2, 4), True),
        ((0, 3), (2, 4), True),  # at the border of the image
        ((2, 4), (0, 3), False),
        ((2, 4), (5, 8), True),  # likewise
        ((5, 8), (2, 4), False),
    ],
)
def test_masks_that_go_on_outside_are_left_out(rows, columns, kept):
    window = Window(top=0, left=4, grid=(4, 4), zoom=2)  # top right of 8 x 8
    mask = rectangle((8, 8), rows, columns)
    got = to_image(instances([mask], [np.ones((4, 4))]), window, (16, 16))
    assert len(got) == kept
    if kept:
        np.testing.assert_array_equal(got.masks[0, :8, 8:], mask)


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'zoom': 1}, '`zoom` to be an integer >= 2, but got 1'),
        ({'overlap': 0.8}, r'`overlap` to lie in \[0, 0.75\], but got 0.8'),
    ],
)
def test_bad_settings_are_named(settings, words):
    with pytest.raises(ValueError, match=words):
        look_windows((4, 4), **settings)


def test_masks_of_another_size_are_refused():
    window = Window(top=0, left=0, grid=(4, 4), zoom=2)
    found = instances(np.ones((1, 9, 8)), np.ones((1, 4, 4)))
    with pytest.raises(ValueError, match=r'`masks` .*\(1, 9, 8\)'):
        to_image(found, window, (16, 16))
