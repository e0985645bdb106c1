"""What a sheet of panels says about a step, and that it has room to."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from helpers.cuts import touching
from matplotlib.text import Text

from mmcuts3d.cuts import CutStep, MaskCut
from mmcuts3d.cuts.types import PseudoInstances
from mmcuts3d.visualization import draw_cut, panels

GRID = (12, 16)


def step(status='accepted', **numbers):
    local = np.zeros(GRID, bool)
    local[3:9, 4:10] = True
    return CutStep(
        eigenvector=local.astype(float),
        semantic_mask=local,
        local_cut=local,
        confidence=local.astype(np.float32),
        seed=(4, 5),
        status=status,
        **numbers,
    )


def texts_of(steps, shape, monkeypatch, instances=None, **settings):
    """Texts of a sheet and their boxes in pixels, and the sheet."""
    canvases = []
    make = panels.FigureCanvasAgg

    def keep(figure):
        canvases.append(make(figure))
        return canvases[-1]

    monkeypatch.setattr(panels, 'FigureCanvasAgg', keep)
    image = np.full((*shape, 3), 90, np.uint8)
    sheet = draw_cut(image, steps, instances, **settings)
    renderer = canvases[-1].get_renderer()
    texts = [
        text
        for text in canvases[-1].figure.findobj(Text)
        if text.get_text() and text.get_visible() and text.axes is not None
    ]
    boxes = {text: text.get_window_extent(renderer) for text in texts}
    # The colour bar has ticks of its own, which are no sentences.
    words = {
        text: box
        for text, box in boxes.items()
        if any(letter.isalpha() for letter in text.get_text())
    }
    return words, sheet


STATUSES = [
    'not apart from what is around it',
    'overlaps an earlier mask',
    'too small',
    'empty',
    'inside earlier masks',
    'smaller than a pixel',
    'lost to the CRF',
    'the cut costs too much',
    'no structure',
    'a reason of so many words that one line has no room for it',
    'accepted',
]


@pytest.mark.parametrize('shape', [(40, 120), (48, 64), (120, 60)])
def test_no_text_runs_out_of_its_place(shape, monkeypatch):
    steps = [
        step(status, eigenvalue=-1.2345e-17, separation=0.049)
        for status in STATUSES
    ]
    depth = np.full(GRID, 0.5)
    words, sheet = texts_of(steps, shape, monkeypatch, depth=depth, dpi=60)
    assert len(words) == 3 + 6 * len(steps)
    height, width = sheet.shape[:2]
    for text, box in words.items():
        assert box.x0 >= 0 and box.y0 >= 0, text
        assert box.x1 <= width and box.y1 <= height, text
    for (one, box), (two, other) in combinations(words.items(), 2):
        assert not box.overlaps(other), (one, two)
    for text, box in words.items():
        if text.get_rotation() == 0:
            place = text.axes.get_window_extent()
            assert place.x0 <= box.x0 and box.x1 <= place.x1, text


def said(words):
    return [' '.join(text.get_text().split()) for text in words]


def test_why_a_mask_was_not_kept(monkeypatch):
    steps = [step(STATUSES[0]), step()]
    found = said(texts_of(steps, (48, 64), monkeypatch)[0])
    assert 'no mask: not apart from what is around it' in found
    assert 'no mask' in found  # nobody said what became of the second
    assert 'step 1: not kept' in found and 'step 2: accepted' in found


def test_a_mask_that_the_crf_lost(monkeypatch):
    nothing = PseudoInstances.empty((48, 64), GRID)
    lost = step('lost to the CRF')
    words, _ = texts_of([lost], (48, 64), monkeypatch, nothing)
    found = said(words)
    assert 'no mask: lost to the CRF' in found
    assert 'step 1: not kept' in found


def test_numbers_of_a_step(monkeypatch):
    rng = np.random.default_rng(0)
    inside = step().local_cut
    features = np.stack([inside, ~inside]) + rng.normal(0, 0.05, (2, *GRID))
    depth = np.where(inside, 0.2, 0.8)
    (first,) = touching(num_instances=1).steps(features, depth)
    found = said(texts_of([first], (48, 64), monkeypatch)[0])
    assert first.separation > 0.9
    assert f'eigenvector, value {first.eigenvalue:.2g}' in found
    assert f'LocalCut, separation {first.separation:.2f}' in found
    # Without depth there is no separation, and nothing stands for it.
    (plain,) = MaskCut(num_instances=1).steps(features)
    found = said(texts_of([plain], (48, 64), monkeypatch)[0])
    assert f'eigenvector, value {plain.eigenvalue:.2g}' in found
    assert 'LocalCut' in found and not any('nan' in text for text in found)
    assert 'no confidence' in found and 'Spatial Confidence' not in found


def test_trust_is_told_where_depth_is_noisy(monkeypatch):
    depth = np.full(GRID, 0.5, np.float32)
    for trust, title in (
        (0.12, 'depth, trust 0.12'),
        (1.0, 'depth (bright is near)'),
        (float('nan'), 'depth (bright is near)'),
    ):
        shown = replace(step(), depth=depth, trust=trust)
        found = said(texts_of([shown], (48, 64), monkeypatch)[0])
        assert title in found, found


def test_a_mask_comes_with_its_score(monkeypatch):
    local = step().local_cut
    instances = PseudoInstances(
        masks=np.kron(local, np.ones((1, 4, 4), bool)),
        patch_masks=local[None],
        scores=np.array([0.625], np.float32),
        confidences=local[None].astype(np.float32),
        boxes=np.array([[16, 12, 40, 36]], np.float32),
    )
    steps = [step('too small'), step(instance=0)]
    found = said(texts_of(steps, (48, 64), monkeypatch, instances)[0])
    assert 'no mask: too small' in found
    assert any(text.startswith('pixel mask, score 0.6') for text in found)
