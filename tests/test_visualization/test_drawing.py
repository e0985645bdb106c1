"""Drawing: shapes, dtypes, and pictures that say what the arrays say."""

from dataclasses import replace

import numpy as np
import pytest

from mmcuts3d.cuts.types import CutStep, PseudoInstances
from mmcuts3d.visualization import panels
from mmcuts3d.visualization.drawing import (
    draw_confidence,
    draw_depth,
    draw_eigenvector,
    draw_instances,
    draw_map,
    draw_patches,
    enlarge,
    instance_colors,
)
from mmcuts3d.visualization.panels import draw_cut


def image(height=48, width=64):
    return np.random.default_rng(0).integers(
        0, 255, (height, width, 3), dtype=np.uint8
    )


def mask(height=48, width=64, shift=0):
    found = np.zeros((height, width), bool)
    found[10:30, 5 + shift : 25 + shift] = True
    return found


def step(shift=0, status='accepted', depth=True, instance=None):
    local = np.zeros((12, 16), bool)
    local[3:8, 1 + shift : 6 + shift] = True
    x = local + np.random.default_rng(1).normal(0, 0.1, local.shape)
    return CutStep(
        eigenvector=x,
        semantic_mask=local,
        local_cut=local,
        confidence=np.where(local, 0.75, 0).astype(np.float32),
        seed=(5, 3 + shift),
        status=status,
        depth=np.zeros(local.shape, np.float32) if depth else None,
        instance=instance,
    )


def instances_of(*steps):
    patches = np.stack([s.local_cut for s in steps])
    masks = np.stack([enlarge(p, (48, 64)) for p in patches])
    return PseudoInstances(
        masks=masks,
        patch_masks=patches,
        scores=np.full(len(steps), 0.75, np.float32),
        confidences=np.stack([s.confidence for s in steps]),
        boxes=np.array([[4, 12, 24, 32]] * len(steps), np.float32),
    )


def test_colours_are_many_and_distinct():
    colors = instance_colors(40).astype(int)
    assert colors.shape == (40, 3)
    gaps = np.abs(colors[:, None] - colors[None]).sum(-1)
    assert gaps[~np.eye(40, dtype=bool)].min() > 8
    assert gaps[:8, :8][~np.eye(8, dtype=bool)].min() > 100
    assert np.array_equal(instance_colors(3), instance_colors(20)[:3])
    assert instance_colors(0).shape == (0, 3)


@pytest.mark.parametrize(
    'values',
    [
        np.zeros((4, 5)),
        np.full((4, 5), np.nan),
        np.array([[np.inf, 1.0], [-np.inf, 0.0]]),
        np.arange(6).reshape(2, 3),
        np.array([[True, False]]),
    ],
)
def test_maps_of_any_values(values):
    for draw in (draw_map, draw_eigenvector, draw_depth, draw_confidence):
        drawn = draw(values)
        assert drawn.shape == (*values.shape, 3)
        assert drawn.dtype == np.uint8


def test_eigenvector_is_red_above_its_mean_and_blue_below():
    drawn = draw_eigenvector(np.array([[5.0, 7.0, 5.0, 7.0]])).astype(int)
    assert drawn[0, 1, 0] > drawn[0, 1, 2]
    assert drawn[0, 0, 2] > drawn[0, 0, 0]


def test_one_far_value_does_not_bleach_the_eigenvector():
    x = np.where(np.arange(400).reshape(20, 20) % 2, 1.0, -1.0)
    plain = draw_eigenvector(x).astype(int)
    x[0, 0] = 1e3
    drawn = draw_eigenvector(x).astype(int)
    contrast = np.abs(drawn[5, 5] - drawn[5, 6]).sum()
    assert contrast > 0.3 * np.abs(plain[5, 5] - plain[5, 6]).sum()


def test_near_is_brighter():
    drawn = draw_depth(np.linspace(0, 1, 5)[None]).astype(int).sum(-1)[0]
    assert (np.diff(drawn) < 0).all()


def test_confidence_is_grey_outside_and_follows_the_map_inside():
    drawn = draw_confidence(np.array([[0.0, 0.5, 1.0]]))
    assert drawn[0, 0].tolist() == [235] * 3
    assert drawn[0, 1].tolist() == [68, 1, 84]  # viridis begins
    assert drawn[0, 2].tolist() == [253, 231, 37]  # and ends so


def test_enlarge_by_hand():
    grown = enlarge(np.array([[1, 2], [3, 4]]), (4, 2))
    assert grown.tolist() == [[1, 2], [1, 2], [3, 4], [3, 4]]


def test_instances_change_the_pixels_of_their_masks_only():
    picture = image()
    drawn = draw_instances(picture, mask()[None])
    changed = (drawn != picture).any(-1)
    assert changed[mask()].mean() > 0.99
    # The outline is soft and may reach one or two pixels out.
    assert not changed[:, 30:].any() and not changed[35:].any()
    assert (picture == image()).all()


def test_another_mask_another_picture():
    first = draw_instances(image(), mask()[None])
    second = draw_instances(image(), mask(shift=10)[None])
    assert (first != second).any()


def test_instances_have_colours_of_their_own():
    grey = np.full((48, 64, 3), 128, np.uint8)
    drawn = draw_instances(grey, np.stack([mask(), mask(shift=30)]))
    assert drawn[20, 15].tolist() != drawn[20, 45].tolist()


def test_boxes_lie_on_the_last_pixel_inside():
    black = np.zeros((48, 64, 3), np.uint8)
    drawn = draw_instances(black, boxes=np.array([[5, 10, 25, 30.0]]))
    rows, columns = np.nonzero(drawn.any(-1))
    assert (rows.min(), rows.max()) == (10, 29)
    assert (columns.min(), columns.max()) == (5, 24)


def test_scores_are_written():
    plain = draw_instances(image(), mask()[None])
    scored = draw_instances(image(), mask()[None], scores=np.array([0.5]))
    assert (plain != scored).any()


@pytest.mark.parametrize(
    'masks', [None, np.zeros((0, 48, 64), bool), np.zeros((2, 48, 64), bool)]
)
def test_nothing_to_draw(masks):
    scores = None if masks is None else np.zeros(len(masks))
    drawn = draw_instances(image(), masks, scores=scores)
    assert (drawn == image()).all()


@pytest.mark.parametrize(
    ('arguments', 'name'),
    [
        ((image()[..., 0],), 'image'),
        ((image().astype(float),), 'image'),
        ((image(), mask()[None], np.zeros((2, 4))), 'one length'),
        ((image(), mask(10, 64)[None]), 'masks'),
    ],
)
def test_arrays_that_do_not_fit(arguments, name):
    with pytest.raises(ValueError, match=name):
        draw_instances(*arguments)


def test_patches_are_tinted():
    patches = np.zeros((12, 16), bool)
    patches[4:8, 4:8] = True
    drawn = draw_patches(image(), patches, np.array([255, 0, 0])).astype(int)
    inside = enlarge(patches, (48, 64))
    redness = drawn[..., 0] - drawn[..., 2]
    assert redness[20:28, 20:28].min() > 100
    assert np.abs(redness[~inside]).mean() < 20


def test_sheet_has_a_row_a_step():
    heights = []
    for number in (0, 1, 2):
        steps = [step(2 * i) for i in range(number)]
        sheet = draw_cut(image(), steps, dpi=40)
        assert sheet.dtype == np.uint8 and sheet.shape[2] == 3
        assert (sheet < 250).any()
        heights.append(len(sheet))
    assert heights == sorted(set(heights))


def test_sheet_follows_its_content():
    steps = [step(instance=0), step(7, instance=1)]
    full = draw_cut(image(), steps, instances_of(*steps), dpi=40)
    lost = [steps[0], step(7, status='lost to the CRF')]
    other = draw_cut(image(), lost, instances_of(steps[0]), dpi=40)
    cloud = draw_cut(
        image(), steps, instances_of(*steps), cloud=image(), dpi=40
    )
    assert full.shape == other.shape == cloud.shape
    assert (full != other).any() and (full != cloud).any()


def test_sheet_of_a_cut_without_depth_or_foreground():
    empty = CutStep(
        eigenvector=np.zeros((12, 16)),
        semantic_mask=np.zeros((12, 16), bool),
        local_cut=np.zeros((12, 16), bool),
        confidence=np.zeros((12, 16), np.float32),
        seed=(0, 0),
        status='no structure',
    )
    assert draw_cut(image(), [empty], dpi=40).std() > 0


def test_sheet_of_steps_of_other_instances():
    steps = [step(instance=0), step(7, instance=1)]
    with pytest.raises(ValueError, match=r'1 given, but got \[0, 1\]'):
        draw_cut(image(), steps, instances_of(steps[0]), dpi=40)


def masks_drawn(steps, instances, monkeypatch):
    """The mask in the last panel of each step, None where there is none."""
    drawn = []

    def spy(picture, mask, color):
        drawn.append((mask.copy(), tuple(color)))
        return picture

    monkeypatch.setattr(panels, 'draw_patches', spy)
    draw_cut(image(), steps, instances, dpi=20)
    sizes = [mask.shape for mask, _ in drawn]
    rows = []
    for step_ in steps:
        (_, _), (local, _) = drawn[:2]
        assert np.array_equal(local, step_.local_cut)
        drawn = drawn[2:]
        has_mask = bool(drawn) and drawn[0][0].shape == (48, 64)
        rows.append(drawn.pop(0)[0] if has_mask else None)
    assert not drawn and sizes
    return rows


def test_steps_show_the_mask_of_their_instance(monkeypatch):
    # The CRF lost the second; the instances are not in the order of steps.
    steps = [
        step(instance=1),
        step(5, status='lost to the CRF'),
        step(10, instance=0),
    ]
    instances = instances_of(steps[2], steps[0])
    rows = masks_drawn(steps, instances, monkeypatch)
    assert np.array_equal(rows[0], instances.masks[1])
    assert rows[1] is None
    assert np.array_equal(rows[2], instances.masks[0])
    # The same steps without the instances that they became.
    assert masks_drawn(steps, None, monkeypatch) == [None] * 3


def test_sheet_of_steps_without_confidence():
    bare = replace(step(instance=0), confidence=None)
    sheet = draw_cut(image(), [bare], dpi=40)
    assert (sheet != draw_cut(image(), [step(instance=0)], dpi=40)).any()


def test_confidence_is_drawn_with_its_floor():
    # The colours go from 0.5 to 1: what a raw map has below is drawn as 0.5.
    low, floor = (
        replace(step(), confidence=np.where(step().local_cut, value, 0))
        for value in (1 / 6, 0.5)
    )
    one, other = (draw_cut(image(), [s], dpi=40) for s in (low, floor))
    assert (one == other).all()
