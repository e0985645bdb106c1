"""Over- and under-segmentation by hand and by pixels."""

import numpy as np
import pytest
from helpers import ROOT
from helpers.coco import SIZE, random_mask

from mmcuts3d.evaluation import segmentation_split
from mmcuts3d.evaluation.functional import hoover_classes
from mmcuts3d.labels import encode_mask

IMAGES = [{'id': 1}, {'id': 2}]
HOOVER = [
    'hoover_correct',
    'hoover_over',
    'hoover_under',
    'hoover_missed',
    'hoover_noise',
]


def block(top, left, height, width):
    mask = np.zeros(SIZE, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def rows_of(image_id, masks, **more):
    return [
        {'image_id': image_id, 'segmentation': encode_mask(mask), **more}
        for mask in masks
    ]


def codes(masks):
    return [encode_mask(mask) for mask in masks]


def test_by_hand():
    # Image 1: one mask merges two instances; one instance is split in two.
    truth = rows_of(
        1, [block(0, 0, 10, 10), block(0, 10, 10, 10), block(50, 0, 20, 20)]
    )
    found = rows_of(
        1,
        [block(0, 0, 10, 20), block(50, 0, 10, 20), block(60, 0, 10, 20)],
        score=1,
    )
    # Image 2: one instance is found twice, one once, one not at all.
    truth += rows_of(
        2, [block(0, 0, 10, 10), block(0, 40, 10, 10), block(0, 80, 10, 10)]
    )
    found += rows_of(
        2,
        [block(0, 0, 10, 10), block(0, 0, 10, 9), block(0, 40, 9, 10)],
        score=1,
    )
    # And a mask where nothing is.
    found += rows_of(2, [block(90, 90, 10, 10)], score=1)
    got = segmentation_split(IMAGES, truth, found, iou_thr=0.55)
    assert got == pytest.approx(
        {
            'merging_masks': 100 / 7,
            # Masks that hold an instance: 2 + 1 + 1 + 1. The halves of the
            # split one hold half of it each: 1 + 1.
            'merged_per_mask': 7 / 6,
            'split_instances': 100 * 2 / 6,
            'found_once': 100 / 6,
            'found_again': 100 / 6,
            # IoU 0.5 of the merged and the split ones is too little.
            'missed': 100 * 4 / 6,
            'hoover_correct': 100 * 2 / 6,
            'hoover_over': 100 / 6,
            'hoover_under': 100 * 2 / 6,
            'hoover_missed': 100 / 6,
            # The duplicate, and the mask on nothing.
            'hoover_noise': 100 * 2 / 7,
        }
    )
    at_half = segmentation_split(IMAGES, truth, found)
    # Two halves meet the split one with 0.5, one mask both merged ones.
    assert at_half['missed'] == pytest.approx(100 / 6)
    assert at_half['found_again'] == pytest.approx(100 * 2 / 6)
    stricter = segmentation_split(IMAGES, truth, found, share=0.51)
    assert stricter['merged_per_mask'] == pytest.approx(5 / 4)
    assert stricter['split_instances'] == got['split_instances']


def test_the_share_is_met_at_the_border():
    truth = rows_of(1, [block(0, 0, 10, 20)])
    # One mask lies inside, of the other exactly one half.
    found = rows_of(1, [block(0, 0, 10, 5), block(0, 15, 10, 10)], score=1)
    got = segmentation_split(IMAGES, truth, found)
    assert got['split_instances'] == 100
    got = segmentation_split(IMAGES, truth, found, share=0.51)
    assert got['split_instances'] == 0


@pytest.mark.parametrize('seed', range(5))
def test_counts_by_pixels(seed):
    rng = np.random.default_rng(seed)
    truth, found = [], []
    merged, parts, hits = [], [], []
    for image in IMAGES:
        masks = [random_mask(rng) for _ in range(6)]
        moved = [np.roll(m, rng.integers(-9, 10, 2), (0, 1)) for m in masks]
        moved = [m for m in moved if rng.random() < 0.8]
        moved += [random_mask(rng) for _ in range(4)]
        truth += rows_of(image['id'], masks)
        # Crowds change nothing.
        truth += rows_of(image['id'], moved[:1], iscrowd=1)
        found += rows_of(image['id'], moved, score=0.5)
        for mask in moved:
            merged.append(
                sum((mask & m).sum() >= 0.6 * m.sum() for m in masks)
            )
        for m in masks:
            inside = [(mask & m).sum() / mask.sum() for mask in moved]
            parts.append(sum(value >= 0.6 for value in inside))
            ious = [(mask & m).sum() / (mask | m).sum() for mask in moved]
            hits.append(sum(value >= 0.5 for value in ious))
    got = segmentation_split(IMAGES, truth, found, share=0.6)
    merged, parts, hits = map(np.array, (merged, parts, hits))
    expected = {
        'merging_masks': 100 * np.mean(merged > 1),
        'merged_per_mask': merged[merged > 0].mean(),
        'split_instances': 100 * np.mean(parts > 1),
        'found_once': 100 * np.mean(hits == 1),
        'found_again': 100 * np.mean(hits > 1),
        'missed': 100 * np.mean(hits == 0),
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected)
    assert min(expected.values()) >= 0 and expected['found_once'] > 0


def hoover_by_pixels(machine, truth, tolerance):
    """Hoover's classes of two label images of disjoint regions, 0 none."""
    groups = []
    names = [np.unique(labels[labels > 0]) for labels in (machine, truth)]

    def add(kind, ms, ns):
        if not len(ms) or not len(ns):
            return
        region = np.isin(machine, ms), np.isin(truth, ns)
        common = (region[0] & region[1]).sum()
        shares = [common / side.sum() for side in region]
        if min(shares) >= tolerance:
            groups.append((np.mean(shares), kind, ms, ns))

    def share(m, n, of):
        common = ((machine == m) & (truth == n)).sum()
        return common / ((machine == m) if of == 'm' else (truth == n)).sum()

    for m in names[0]:
        for n in names[1]:
            add('correct', [m], [n])
    for n in names[1]:
        ms = [m for m in names[0] if share(m, n, 'm') >= tolerance]
        add('over', ms if len(ms) > 1 else [], [n])
    for m in names[0]:
        ns = [n for n in names[1] if share(m, n, 'n') >= tolerance]
        add('under', [m], ns if len(ns) > 1 else [])
    of_truth = dict.fromkeys(names[1], 'none')
    of_found = dict.fromkeys(names[0], 'none')
    while groups:
        best = max(groups, key=lambda group: group[0])
        _, kind, ms, ns = best
        of_truth.update(dict.fromkeys(ns, kind))
        of_found.update(dict.fromkeys(ms, kind))
        groups = [
            group
            for group in groups
            if not set(group[2]) & set(ms) and not set(group[3]) & set(ns)
        ]
    return list(of_truth.values()), list(of_found.values())


@pytest.mark.parametrize('tolerance', [0.51, 0.6, 0.75, 0.95])
def test_hoover_by_pixels(tolerance):
    seen = set()
    for seed in range(25):
        rng = np.random.default_rng(seed)
        # Regions: cells of two grids, some of them joined, some left out.
        truth = np.kron(rng.integers(0, 9, (4, 5)), np.ones((12, 12), int))
        machine = truth.copy()
        for label in range(1, 9):
            fate = rng.integers(4)
            if fate == 0:  # joined with another
                machine[machine == label] = rng.integers(1, 9)
            elif fate == 1:  # split at some column
                column = rng.integers(10, 50)
                machine[:, column:][machine[:, column:] == label] += 10
        if tolerance < 0.9:  # what is moved shares less
            machine = np.roll(machine, rng.integers(-3, 4, 2), (0, 1))
        masks = [
            [labels == name for name in np.unique(labels[labels > 0])]
            for labels in (machine, truth)
        ]
        got = hoover_classes(*map(codes, masks), tolerance)
        assert got == hoover_by_pixels(machine, truth, tolerance)
        seen |= set(got[0]) | set(got[1])
    assert seen == {'correct', 'over', 'under', 'none'}


def test_hoover_takes_the_better_of_two_readings():
    whole = block(0, 0, 10, 100)
    large, small = block(0, 0, 10, 85), block(0, 85, 10, 15)
    # The large mask alone would be correct (mean 0.925), both together are
    # the whole instance (mean 1).
    got = hoover_classes(codes([large, small]), codes([whole]))
    assert got == (['over'], ['over', 'over'])
    # The other way round.
    got = hoover_classes(codes([whole]), codes([large, small]))
    assert got == (['under', 'under'], ['under'])
    # A mask that is the instance leaves the part to the noise.
    got = hoover_classes(codes([small, whole]), codes([whole]))
    assert got == (['correct'], ['none', 'correct'])
    # Parts that overlap cover no more than their union: 60 columns of 100.
    left = [block(0, 0, 10, 60), block(0, 0, 10, 60)]
    got = hoover_classes(codes(left), codes([whole]))
    assert got == (['none'], ['none', 'none'])


def test_hoover_of_duplicates():
    whole = block(0, 0, 10, 100)
    # Exact ones: the first is correct, whatever the IoU.
    for mask in (whole, block(0, 0, 10, 90), block(0, 0, 10, 110)):
        got = hoover_classes(codes([mask, mask]), codes([whole]))
        assert got == (['correct'], ['correct', 'none'])
    # Near ones, of IoU 0.9 each, are the instance together.
    near = [block(0, 0, 10, 90), block(0, 10, 10, 90)]
    got = hoover_classes(codes(near), codes([whole]))
    assert got == (['over'], ['over', 'over'])
    # If one holds the other, both together are no better than it.
    near = [block(0, 0, 10, 85), block(0, 0, 10, 90)]
    got = hoover_classes(codes(near), codes([whole]))
    assert got == (['correct'], ['none', 'correct'])
    # Beyond the instance to either side, both together are worse than one.
    near = [block(0, 10, 10, 110), block(0, 20, 10, 110)]
    got = hoover_classes(codes(near), codes([block(0, 20, 10, 100)]))
    assert got == (['correct'], ['correct', 'none'])
    page = (ROOT / 'docs' / 'metrics.md').read_text(encoding='utf-8')
    assert 'Near-duplicates are\n  over-segmentation if' in page


def test_nothing_to_count_and_empty_masks():
    got = segmentation_split([], [], [])
    assert set(got.values()) == {-1}
    truth = rows_of(1, [block(0, 0, 9, 9), block(20, 20, 9, 9)])
    got = segmentation_split(IMAGES, truth, [])
    assert got['missed'] == got['hoover_missed'] == 100
    assert got['merging_masks'] == got['merged_per_mask'] == -1
    found = rows_of(1, [block(0, 0, 0, 0)] * 2, score=1)
    got = segmentation_split(IMAGES, truth, found)
    assert got['missed'] == got['hoover_noise'] == 100
    assert got['merging_masks'] == got['split_instances'] == 0
    assert got['merged_per_mask'] == -1
    got = segmentation_split(IMAGES, rows_of(1, [block(0, 0, 0, 0)]), found)
    assert got['missed'] == 100 and got['hoover_correct'] == 0
    got = segmentation_split(IMAGES, [], found)
    assert got['hoover_noise'] == 100 and got['missed'] == -1


def test_bad_input_is_refused():
    for name in ('share', 'iou_thr'):
        with pytest.raises(ValueError, match=rf'`{name}`.*\(0, 1\].*got 1.5'):
            segmentation_split([], [], [], **{name: 1.5})
    with pytest.raises(ValueError, match=r'`tolerance`.*\(0.5, 1\].*got 0.5'):
        hoover_classes([], [], 0.5)
