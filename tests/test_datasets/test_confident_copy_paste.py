"""ConfidentCopyPaste: what is pasted, where, and what it covers."""

import random

import numpy as np
import pytest
from mmcv.transforms.utils import cache_random_params
from mmdet.datasets.transforms import CopyPaste
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.datasets.transforms import ConfidentCopyPaste, LevelMasks
from mmcuts3d.datasets.transforms.pasting import masks_to_boxes

ALPHA = {'type': 'mmcuts3d.AlphaBlend'}


def _sample(
    rectangles, levels, frame=(80, 100), colour=None, seed=0, plain=False
):
    """Rectangles (top, left, height, width), each of one level or more."""
    masks = np.zeros((len(rectangles), *frame), dtype=np.uint8)
    rng = np.random.default_rng(seed)
    for mask, (top, left, height, width), level in zip(
        masks, rectangles, levels, strict=True
    ):
        mask[top : top + height, left : left + width] = level
    image = rng.integers(0, 256, (*frame, 3), dtype=np.uint8)
    if colour is not None:
        image[:] = colour
    return {
        'img': image,
        'img_shape': frame,
        'gt_bboxes': HorizontalBoxes(masks_to_boxes(masks)),
        'gt_bboxes_labels': np.zeros(len(masks), dtype=np.int64),
        'gt_ignore_flags': np.zeros(len(masks), dtype=bool),
        'gt_masks': BitmapMasks(masks, *frame)
        if plain
        else LevelMasks.from_levels(masks, *frame),
    }


def _levels(results):
    """Levels of a sample; masks without any are 1 where they are."""
    masks = results['gt_masks']
    return masks.levels if isinstance(masks, LevelMasks) else masks.masks


def _give_levels(results, levels):
    """Other levels for the same masks, or masks of other levels."""
    results['gt_masks'] = LevelMasks.from_levels(levels, *levels.shape[1:])


def _check(results):
    """What must hold for every sample."""
    masks = _levels(results)
    assert masks.dtype == np.uint8
    number = len(masks)
    for key in ('gt_bboxes', 'gt_bboxes_labels', 'gt_ignore_flags'):
        assert len(results[key]) == number
    assert (masks > 0).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(
        results['gt_bboxes'].tensor.numpy(), masks_to_boxes(masks)
    )
    assert results['img'].dtype == np.uint8
    assert results['img'].shape[:2] == masks.shape[1:]


def _paste(target, source, seed=0, **settings):
    random.seed(seed)
    target['mix_results'] = [source]
    results = ConfidentCopyPaste(**settings)(target)
    _check(results)
    return results


SOURCE = [(2, 3, 20, 12), (30, 40, 16, 30), (60, 5, 12, 18), (5, 60, 14, 14)]
LEVELS = [160, 240, 120, 200]


def _pasted_levels(results):
    """Levels of the pasted instances; the target's have level 1 or 2."""
    tops = [int(mask.max()) for mask in _levels(results)]
    return [level for level in tops if level > 2]


@pytest.mark.parametrize('blend', [None, ALPHA])
def test_the_most_confident_are_pasted(blend):
    counts = set()
    for seed in range(40):
        target = _sample([(40, 40, 30, 30)], [2])
        results = _paste(
            target,
            _sample(SOURCE, LEVELS),
            seed,
            blend=blend,
            max_ratio=0.31,
            mask_occluded_thr=0,
        )
        levels = _pasted_levels(results)
        # The surest come last, which is on top.
        assert levels == sorted(LEVELS)[-len(levels) :]
        counts.add(len(levels))
    assert counts == {1, 2, 3}


def test_random_selection_takes_any():
    seen = set()
    for seed in range(60):
        results = _paste(
            _sample([], []),
            _sample(SOURCE, LEVELS),
            seed,
            select='random',
            max_ratio=0.31,
            mask_occluded_thr=0,
        )
        seen.update(_pasted_levels(results))
    assert seen == set(LEVELS)


def test_the_mean_inside_the_mask_decides():
    # A quarter of 240, the rest 120: the larger sum, but the smaller mean.
    source = _sample([(0, 0, 40, 40), (50, 50, 20, 20)], [120, 200])
    levels = _levels(source)
    levels[0, :10] = np.where(levels[0, :10] > 0, 240, 0)
    _give_levels(source, levels)
    for seed in range(10):
        results = _paste(_sample([], []), source, seed)
        assert _pasted_levels(results) == [200]


@pytest.mark.parametrize('seed', range(6))
def test_ties_are_drawn(seed):
    sources = [_sample(SOURCE[:2], [240, 240], seed=i) for i in range(12)]
    wide = [
        bool(np.diff(_box(_paste(_sample([], []), s, 13 * seed + i)))[0] < 0)
        for i, s in enumerate(sources)
    ]
    assert 0 < sum(wide) < len(wide)


def _box(results):
    """Width and height of the first instance, as an array."""
    x1, y1, x2, y2 = results['gt_bboxes'].tensor[0].tolist()
    return np.array([x2 - x1, y2 - y1])


def test_one_instance_is_pasted_and_none_leaves_all():
    for seed in range(5):
        results = _paste(
            _sample([], []), _sample(SOURCE[:1], LEVELS[:1]), seed
        )
        assert _pasted_levels(results) == [160]
    target = _sample([(40, 40, 30, 30)], [200])
    image = target['img'].copy()
    results = _paste(target, _sample([], []))
    assert np.array_equal(results['img'], image)
    assert len(results['gt_masks']) == 1


@pytest.mark.parametrize('frame', [(80, 100), (160, 200), (40, 90), (33, 21)])
def test_scale_and_place(frame):
    """Sizes stay in the range of the ratio, and places fill the target."""
    source = _sample([(10, 20, 40, 60)], [240])
    fit = min(frame[0] / 80, frame[1] / 100)
    sizes, corners = [], []
    for seed in range(60):
        results = _paste(
            _sample([], [], frame), source, seed, min_ratio=0.5, max_ratio=0.9
        )
        x1, y1, x2, y2 = results['gt_bboxes'].tensor[0].tolist()
        sizes.append([(y2 - y1) / (40 * fit), (x2 - x1) / (60 * fit)])
        corners.append([y1 / (frame[0] - y2 + y1), x1 / (frame[1] - x2 + x1)])
        # A rectangle stays a full rectangle: nothing is cut off.
        area = (results['gt_masks'].masks[0] > 0).sum()
        assert area == (x2 - x1) * (y2 - y1)
    sizes, corners = np.array(sizes), np.array(corners)
    slack = 0.5 / (20 * fit)
    assert sizes.min() >= 0.5 - slack and sizes.max() <= 0.9 + slack
    assert sizes.max() - sizes.min() > 0.2
    assert corners.min() < 0.15 and corners.max() > 0.85


def test_levels_and_pixels_follow_the_mask():
    """Painted by level, the picture shows where each level went."""
    rng = np.random.default_rng(0)
    source = _sample(SOURCE, LEVELS)
    masks = _levels(source)
    masks[:] = rng.choice([120, 160, 200, 240], masks.shape) * (masks > 0)
    _give_levels(source, masks)
    source['img'][:] = masks.max(axis=0)[..., None]
    for seed in range(10):
        results = _paste(
            _sample([], [], colour=0),
            source,
            seed,
            # Ratio 1 on equal frames: no pixel is resampled.
            min_ratio=1.0,
        )
        levels = _levels(results)
        visible = levels.max(axis=0)
        assert np.array_equal(results['img'][..., 0], visible)
        assert ((levels > 0).sum(axis=0) <= 1).all()
        assert set(np.unique(levels)) <= {0, 120, 160, 200, 240}


@pytest.mark.parametrize('seed', range(4))
def test_scaling_invents_no_level(seed):
    rng = np.random.default_rng(seed)
    source = _sample([(10, 20, 40, 60)], [240])
    masks = _levels(source)
    masks[:] = rng.choice([120, 240], masks.shape) * (masks > 0)
    _give_levels(source, masks)
    results = _paste(_sample([], []), source, seed, max_ratio=0.9)
    assert set(np.unique(_levels(results))) == {0, 120, 240}


def test_blending_is_equation_5():
    source = _sample([(10, 20, 40, 60)], [240], colour=200)
    levels = _levels(source)
    levels[0, 10:30, 20:80] = 120
    _give_levels(source, levels)
    target = _sample([], [], colour=100)
    results = _paste(target, source, blend=ALPHA, min_ratio=1.0)
    levels = _levels(results)[0]
    assert {120, 240} <= set(np.unique(levels))
    for level, colour in ((0, 100), (120, 150), (240, 200)):
        assert (results['img'][levels == level] == colour).all()


def test_covered_instances_shrink_or_go():
    # The source fills the target, so that it covers all there is.
    source = _sample([(0, 0, 80, 100)], [240])
    target = _sample([(5, 5, 30, 30), (0, 0, 4, 4)], [120, 120])
    results = _paste(target, source, min_ratio=1.0)
    assert _pasted_levels(results) == [240]
    # Half of it covers the left columns for sure in one of the draws.
    source = _sample([(0, 0, 80, 50)], [240])
    kept = set()
    for seed in range(30):
        target = _sample([(10, 30, 40, 40)], [120])
        results = _paste(target, source, seed, min_ratio=1.0)
        over = results['gt_masks'].masks[-1] > 0
        full = np.zeros_like(over)
        full[10:50, 30:70] = True
        left = full & ~over
        if left.sum() > 300:
            assert np.array_equal(results['gt_masks'].masks[0] > 0, left)
        else:
            assert len(results['gt_masks']) == 1
        kept.add(len(results['gt_masks']))
    assert kept == {1, 2}


class _SamePlace(ConfidentCopyPaste):
    """Pastes chosen instances at scale 1 where they were."""

    def __init__(self, chosen, boxes, frame, **settings):
        super().__init__(select='random', **settings)
        places = [
            [
                (box[1] + 0.5) / (frame[0] - (box[3] - box[1]) + 1),
                (box[0] + 0.5) / (frame[1] - (box[2] - box[0]) + 1),
            ]
            for box in boxes[chosen]
        ]
        self._fixed = {
            'skip': False,
            'count': len(chosen),
            'order': np.array(chosen),
            'ratios': np.ones(len(chosen)),
            'places': np.array(places),
        }

    def _draw(self, number):
        return self._fixed


class _Chosen(CopyPaste):
    def __init__(self, chosen, **settings):
        super().__init__(**settings)
        self._chosen = np.array(chosen)

    def _get_selected_inds(self, num_bboxes):
        return self._chosen


@pytest.mark.parametrize('chosen', [[1], [2, 0], [3, 1, 0]])
@pytest.mark.parametrize('thresholds', [(10, 300), (0, 0), (2, 10000)])
def test_is_mmdets_copy_paste_at_the_same_place(chosen, thresholds):
    """Disjoint source masks, scale 1, places kept: mmdet's own result."""
    target = [(0, 0, 25, 20), (25, 35, 30, 40), (3, 3, 4, 4), (58, 0, 20, 40)]

    def samples(values):
        levels = [values[0]] * 4, [values[1]] * 4
        results = _sample(target, levels[0])
        results['mix_results'] = [_sample(SOURCE, levels[1], seed=1)]
        return results

    settings = dict(
        zip(
            ('bbox_occluded_thr', 'mask_occluded_thr'), thresholds, strict=True
        )
    )
    theirs = _Chosen(chosen, **settings)(samples((1, 1)))
    boxes = masks_to_boxes(samples((1, 1))['mix_results'][0]['gt_masks'].masks)
    ours = _SamePlace(chosen, boxes, (80, 100), **settings)(
        samples((120, 240))
    )
    # An instance without a pixel stays in mmdet where its box was small.
    alive = theirs['gt_masks'].masks.any(axis=(1, 2))
    assert np.array_equal(ours['img'], theirs['img'])
    assert np.array_equal(
        ours['gt_masks'].masks > 0, theirs['gt_masks'].masks[alive] > 0
    )
    assert np.array_equal(
        ours['gt_bboxes'].tensor, theirs['gt_bboxes'].tensor[alive]
    )
    assert len(ours['gt_bboxes_labels']) == alive.sum()


def test_labels_and_flags_go_with_their_instance():
    source = _sample(SOURCE, LEVELS)
    source['gt_bboxes_labels'] = np.array([10, 11, 12, 13])
    source['gt_ignore_flags'][1] = True
    target = _sample([(60, 60, 18, 38)], [2])
    target['gt_bboxes_labels'][:] = 5
    target['gt_ignore_flags'][:] = True
    of_level = dict(zip([2, *LEVELS], [5, 10, 11, 12, 13], strict=True))
    for seed in range(20):
        target['mix_results'] = [source]
        results = _paste(
            {**target}, source, seed, max_ratio=0.4, mask_occluded_thr=0
        )
        levels = [int(mask.max()) for mask in _levels(results)]
        # The ignored instance, sure as it is, is never pasted.
        assert 240 not in levels
        assert results['gt_bboxes_labels'].tolist() == [
            of_level[level] for level in levels
        ]
        assert results['gt_ignore_flags'].tolist() == [
            level == 2 for level in levels
        ]


def test_source_and_target_stay_as_they_are():
    target, source = _sample([(9, 9, 50, 50)], [200]), _sample(SOURCE, LEVELS)
    image, masks = target['img'], target['gt_masks']
    copies = image.copy(), masks.masks.copy(), source['gt_masks'].masks.copy()
    _paste(target, source)
    assert np.array_equal(image, copies[0])
    assert np.array_equal(masks.masks, copies[1])
    assert np.array_equal(source['gt_masks'].masks, copies[2])


def test_randomness():
    def run(seed):
        return _paste(_sample([], []), _sample(SOURCE, LEVELS), seed)

    assert np.array_equal(run(4)['img'], run(4)['img'])
    assert not np.array_equal(run(4)['img'], run(5)['img'])
    transform = ConfidentCopyPaste()
    images = []
    with cache_random_params(transform):
        for _ in range(2):
            target = _sample([], [])
            target['mix_results'] = [_sample(SOURCE, LEVELS)]
            images.append(transform(target)['img'])
    assert np.array_equal(*images)
    indexes = {ConfidentCopyPaste().get_indexes([0] * 5) for _ in range(99)}
    assert indexes == set(range(5))


def test_prob():
    target = _sample([(40, 40, 30, 30)], [200])
    image = target['img'].copy()
    results = _paste(target, _sample(SOURCE, LEVELS), prob=0.0)
    assert np.array_equal(results['img'], image)


def test_plain_masks():
    settings = {'select': 'random', 'blend': None}
    ones = [1, 1, 1, 1]
    plain = _sample([(9, 9, 50, 50)], [1], plain=True)
    results = _paste(plain, _sample(SOURCE, ones, plain=True), **settings)
    assert type(results['gt_masks']) is BitmapMasks
    assert set(np.unique(results['gt_masks'].masks)) == {0, 1}
    source = _sample(SOURCE, ones, plain=True)
    for wrong in ({}, {'select': 'random', 'blend': ALPHA}):
        with pytest.raises(ValueError, match='LoadPseudoLabels'):
            _paste(_sample([], [], plain=True), source, **wrong)
    with pytest.raises(ValueError, match='LevelMasks and BitmapMasks'):
        _paste(_sample([], []), source, **settings)


def test_labels_without_a_map_weigh_exactly_1():
    """A confidence of 1 pastes every pixel of the source, blended or not."""
    for seed in range(5):
        images = []
        for blend in (None, ALPHA):
            results = _paste(
                _sample([(9, 9, 50, 50)], [240], seed=3),
                _sample(SOURCE, [240] * 4),
                seed,
                blend=blend,
                select='random',
            )
            assert set(np.unique(_levels(results))) == {0, 240}
            images.append(results['img'])
        assert np.array_equal(*images)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'min_ratio': 0.0}, 'min_ratio'),
        ({'min_ratio': 0.6, 'max_ratio': 0.5}, 'min_ratio'),
        ({'max_ratio': 1.5}, 'max_ratio'),
        ({'select': 'best'}, 'select'),
        ({'prob': 2}, 'prob'),
        ({'blend': {'type': 'mmdet.RandomFlip', 'prob': 1.0}}, '`blend`'),
        ({'max_num_pasted': 0}, 'max_num_pasted'),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        ConfidentCopyPaste(**settings)


def test_needs_one_source():
    with pytest.raises(ValueError, match='MultiImageMixDataset'):
        ConfidentCopyPaste()(_sample([], []))
