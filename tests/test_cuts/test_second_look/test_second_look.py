"""Which masks of a second look are kept beside those of the first."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.cuts import rectangle

from mmcuts3d.cuts import PseudoInstances, SecondLook, box_of, resize_nearest

SIZE, GRID = (16, 16), (8, 8)
HALVES = {'zoom': 2, 'overlap': 0}


def found(*masks, scores=None, side=8):
    """Instances whose masks are given on pixels, with full confidence."""
    stack = np.array(masks, bool).reshape(-1, side, side)
    grids = [resize_nearest(mask, GRID) for mask in stack]
    patches = np.array(grids, bool).reshape(-1, *GRID)
    return PseudoInstances(
        masks=stack,
        patch_masks=patches,
        scores=np.array(scores or [1] * len(stack), np.float32),
        confidences=patches.astype(np.float32),
        boxes=np.array([box_of(mask) for mask in stack]).reshape(-1, 4),
    )


def merged(first, *seen, **settings):
    """Both looks; of the second first windows, top left, top right, ..."""
    look = SecondLook(**{**HALVES, 'score_factor': 1, **settings})
    windows = look.windows(GRID)
    return look.merge(first, list(zip(windows, seen, strict=False)))


BIG = rectangle(SIZE, (8, 16), (0, 6))
WHOLE = found(BIG, scores=[0.6], side=16)
SMALL = rectangle((8, 8), (1, 4), (2, 5))
OTHER = rectangle((8, 8), (5, 7), (2, 4))


def test_small_masks_follow_those_of_the_first_look():
    got = merged(WHOLE, found(SMALL, OTHER, scores=[0.5, 0.9]))
    assert got.scores.tolist() == pytest.approx([0.6, 0.9, 0.5])
    np.testing.assert_array_equal(got.masks[0], BIG)
    np.testing.assert_array_equal(got.masks[2, :8, :8], SMALL)
    # One map of the finer grid for all: patches of one pixel here.
    assert got.patch_masks.shape == got.confidences.shape == (3, 16, 16)
    np.testing.assert_array_equal(got.patch_masks, got.masks)
    np.testing.assert_array_equal(got.confidences, got.masks)
    assert got.boxes[2].tolist() == [2, 1, 5, 4]


def test_of_two_looks_at_one_object_one_stays():
    # The windows at the top left and beside it share columns 4 to 7.
    here = rectangle((8, 8), (1, 4), (5, 7))
    there = rectangle((8, 8), (1, 4), (1, 3))
    seen = found(here, scores=[0.4]), found(there, scores=[0.8])
    got = merged(WHOLE, *seen, overlap=0.5)
    assert got.scores.tolist() == pytest.approx([0.6, 0.8])
    np.testing.assert_array_equal(
        got.masks[1], rectangle(SIZE, (1, 4), (5, 7))
    )


def test_first_look_wins_over_a_better_score():
    bottom_left = found(rectangle((8, 8), (0, 8), (0, 6)), scores=[0.9])
    got = merged(WHOLE, found(), found(), bottom_left, max_area=1)
    assert len(got) == 1 and got.scores[0] == pytest.approx(0.6)


def test_pieces_of_an_object_are_kept_only_if_wanted():
    piece = found(rectangle((8, 8), (2, 5), (1, 4)))
    assert len(merged(WHOLE, found(), found(), piece)) == 1
    assert len(merged(WHOLE, found(), found(), piece, max_inside=1)) == 2


def test_large_masks_are_left_to_the_first_look():
    large = found(rectangle((8, 8), (1, 6), (1, 6)))  # 25 of 64 pixels
    assert len(merged(WHOLE, large, max_area=0.25)) == 1
    assert len(merged(WHOLE, large, max_area=0.4)) == 2


def test_scores_are_scaled_and_the_number_is_limited():
    seen = found(SMALL, OTHER, scores=[0.5, 0.9])
    got = merged(WHOLE, seen, score_factor=0.5, max_instances=2)
    assert got.scores.tolist() == pytest.approx([0.6, 0.45])
    assert len(merged(WHOLE, seen, max_instances=1)) == 1


def test_an_image_without_anything_has_the_finer_grid():
    nothing = found(side=16)
    got = merged(nothing, found())
    assert len(got) == 0 and got.confidences.shape == (0, 16, 16)
    assert len(merged(nothing, found(SMALL))) == 1


def test_methods_without_confidence_have_none_after():
    bare = replace(WHOLE, confidences=None)
    small = replace(found(SMALL), confidences=None)
    assert merged(bare, small).confidences is None


def test_depth_of_a_window_is_the_images_or_stretched():
    depth = np.linspace(0, 1, 16, dtype=np.float32)[:, None] * np.ones(16)
    window = SecondLook(**HALVES).windows(GRID)[2]  # bottom left
    part = SecondLook().depth_of(depth, window)
    np.testing.assert_allclose(part, depth[8:, :8], rtol=1e-6)
    stretched = SecondLook(stretch_depth=True).depth_of(depth, window)
    np.testing.assert_allclose(
        stretched[:, 0], np.linspace(0, 1, 8), atol=1e-6
    )
    flat = np.full((4, 4), 0.25)
    assert (
        SecondLook(stretch_depth=True).depth_of(flat, window) == 0.25
    ).all()


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'zoom': 2.5}, '`zoom` to be an integer >= 2, but got 2.5'),
        ({'max_area': 0}, r'`max_area` to lie in \(0, 1\], but got 0'),
        ({'max_iou': 2}, r'`max_iou` to lie in \[0, 1\], but got 2'),
        ({'stretch_depth': 1}, '`stretch_depth` .* but got 1'),
        ({'max_instances': 0}, '`max_instances` .* but got 0'),
        ({'zom': 2}, "'zom' .did you mean 'zoom'"),
    ],
)
def test_bad_settings_are_named(settings, words):
    with pytest.raises(ValueError, match=words):
        SecondLook.from_settings(**settings)
