"""Copy-paste as CutLER does it: the source as a whole."""

import random

import numpy as np
import pytest
from helpers.levels import boxes_of
from mmdet.structures.bbox import HorizontalBoxes

from mmcuts3d.datasets.transforms import ConfidentCopyPaste, LevelMasks


def sample(rectangles, frame, seed=0):
    """Rectangles (top, left, height, width), levels 240, 239, ..."""
    masks = np.zeros((len(rectangles), *frame), np.uint8)
    for place, (top, left, height, width) in enumerate(rectangles):
        rows, columns = slice(top, top + height), slice(left, left + width)
        masks[place, rows, columns] = 240 - place
    image = np.random.default_rng(seed).integers(
        0, 256, (*frame, 3), dtype=np.uint8
    )
    return {
        'img': image,
        'gt_bboxes': HorizontalBoxes(boxes_of(masks > 0)),
        'gt_bboxes_labels': np.zeros(len(masks), np.int64),
        'gt_ignore_flags': np.zeros(len(masks), bool),
        'gt_masks': LevelMasks.from_levels(masks, *frame),
    }


def paste(target, source, seed=0, **settings):
    random.seed(seed)
    target['mix_results'] = [source]
    settings.setdefault('mask_occluded_thr', 0)
    return ConfidentCopyPaste(**settings)(target)


def test_together_the_source_is_stretched_to_the_target():
    """A ratio of 1 leaves no other place: every pixel has its own."""
    source = sample([(0, 0, 10, 20), (20, 30, 10, 10)], (40, 60))
    target = sample([], (80, 60), seed=1)
    for seed in range(4):
        results = paste(
            dict(target), source, seed, placement='together', min_ratio=1
        )
        # Of two instances one is pasted, the surest; twice as high.
        expected = np.zeros((80, 60), bool)
        expected[:20, :20] = True
        (mask,) = results['gt_masks'].masks
        np.testing.assert_array_equal(mask.astype(bool), expected)
        untouched = results['img'][~expected] == target['img'][~expected]
        assert untouched.all()


def test_together_instances_keep_their_places_to_each_other():
    rectangles = [(0, 0, 10, 10), (0, 40, 10, 10), (30, 0, 10, 10)]
    source = sample(rectangles, (40, 60))
    offsets = set()
    for seed in range(40):
        results = paste(
            sample([], (40, 60), seed=1),
            source,
            seed,
            placement='together',
            min_ratio=0.5,
            max_ratio=0.5,
        )
        boxes = results['gt_bboxes'].tensor.numpy()
        corners = boxes[:, :2]
        if len(corners) == 2:  # the second first: the surest is on top
            np.testing.assert_allclose(corners[0] - corners[1], [20, 0])
        offsets.add(tuple(corners[-1]))
        assert (boxes[:, 2:] - boxes[:, :2] == 5).all()
    assert len(offsets) > 10
    assert max(x for x, _ in offsets) <= 30


def test_each_gives_other_places():
    source = sample([(0, 0, 10, 10), (0, 40, 10, 10)] * 2, (40, 60))
    differences = set()
    for seed in range(20):
        results = paste(
            sample([], (40, 60), seed=1), source, seed, max_ratio=0.3
        )
        corners = results['gt_bboxes'].tensor.numpy()[:, :2]
        if len(corners) == 2:
            differences.add(tuple(corners[0] - corners[1]))
    assert len(differences) > 3


@pytest.mark.parametrize(
    ('max_cover', 'kept'), [(None, 2), (0.51, 2), (0.5, 1), (0.2, 1)]
)
def test_a_paste_that_covers_too_much_is_dropped(max_cover, kept):
    """It would cover half of an instance of the target."""
    source = sample([(0, 0, 40, 30)], (40, 60))
    target = sample([(0, 20, 40, 20)], (40, 60), seed=1)
    before = target['img'].copy()
    results = paste(
        target,
        source,
        placement='together',
        min_ratio=1,
        max_cover=max_cover,
    )
    assert len(results['gt_masks']) == kept
    changed = (results['img'] != before).any()
    assert changed == (kept == 2)


def test_earlier_pastes_count_for_nothing():
    """Only instances that the target came with are protected."""
    source = sample([(0, 0, 40, 60)] * 3, (40, 60))
    numbers = set()
    for seed in range(20):
        results = paste(
            sample([], (40, 60), seed=1),
            source,
            seed,
            placement='together',
            min_ratio=1,
            max_cover=0.5,
        )
        numbers.add(len(results['gt_masks']))
    assert numbers == {1}  # the surest covers the others whole


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'placement': 'whole'}, "`placement`.*'together'.*but got 'whole'"),
        ({'max_cover': 0}, r'`max_cover`.*\(0, 1\].*but got 0'),
        ({'max_cover': 1.5}, '`max_cover`.*but got 1.5'),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ConfidentCopyPaste(**settings)
