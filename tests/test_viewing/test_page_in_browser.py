"""The page in Chromium: it draws, it follows its panel, it fits a phone."""

import os
from dataclasses import replace

import numpy as np
import pytest

from mmcuts3d.viewing import save_web_page

pytest.importorskip('plotly', reason='plotly is not installed')
if not os.environ.get('MMCUTS3D_BROWSER_3D'):
    pytest.skip(
        'a browser without a GPU takes minutes to draw: '
        'MMCUTS3D_BROWSER_3D=1 runs them',
        allow_module_level=True,
    )

# What is drawn, without a picture: software takes seconds for one.
DRAWN = """() => document.getElementById('cloud')._fullData
    .filter((trace) => trace.visible === true)
    .map((trace) => [trace.name ?? '', trace.x.length])"""
CLASSES = """() => {
  const trace = document.getElementById('cloud')._fullData[view.first];
  return Array.from(trace.marker.color, (level) => Math.floor(level / 85));
}"""


@pytest.fixture(scope='module')
def view(view):
    """Few points: software draws them slowly."""
    return replace(view, max_points=600)


@pytest.fixture(scope='module')
def page(browser, view, tmp_path_factory):
    """The page on a phone, with ``page.notes``: errors, and requests."""
    path = save_web_page(view, tmp_path_factory.mktemp('page') / 'cut.html')
    opened = browser.new_page(viewport={'width': 390, 'height': 640})
    opened.set_default_timeout(120_000)
    opened.notes = []
    opened.on('pageerror', lambda error: opened.notes.append(str(error)))
    opened.on(
        'console',
        lambda told: (
            opened.notes.append(told.text) if told.type == 'error' else None
        ),
    )
    opened.on('request', lambda asked: opened.notes.append(asked.url))
    opened.goto(path.as_uri())
    opened.wait_for_selector('#cloud canvas')
    yield opened
    asked = [text for text in opened.notes if not text.startswith('blob:')]
    assert asked == [path.as_uri()]  # no error, nothing but the file
    opened.close()


def slide(page, value):
    page.locator('#tau').evaluate(
        '(slider, value) => { slider.value = value;'
        " slider.dispatchEvent(new Event('input')) }",
        value,
    )


def test_it_fits_a_phone_and_keeps_the_name_text(page, view):
    wide = page.evaluate(
        'Math.max(document.documentElement.scrollWidth,'
        ' document.body.scrollWidth) - innerWidth'
    )
    assert wide <= 0
    edges = page.evaluate(
        "Array.from(document.querySelectorAll('label, select, input'),"
        ' (one) => one.getBoundingClientRect().right)'
    )
    assert max(edges) <= 390
    assert page.inner_text('h1') == 'a<b>\\n</script>.png'
    assert page.locator('option').count() == len(view.steps)


def test_the_cloud_is_drawn(page, view):
    page.check('[value="instances"]')
    before = page.locator('#cloud').screenshot()
    page.check('[value="image"]')
    ((name, number),) = page.evaluate(DRAWN)
    assert (name, number) == ('image colours', len(view.cloud.points))
    assert page.locator('#cloud').screenshot() != before


def test_the_slider_moves_the_local_cut(page, view):
    last = len(view.taus) - 1
    for step in (0, len(view.steps) - 1):
        page.select_option('#step', str(step))
        for index in (last, last // 2, 0):
            tau = view.taus[index]
            slide(page, index)
            drawn = np.array(page.evaluate(CLASSES)) - 1
            wanted = view.classes(step, tau).ravel()[view.patches]
            assert np.array_equal(drawn, wanted)
            assert page.inner_text('#tau-value') == f'{tau:.3f}'
    assert page.is_checked('[value="LocalCut"]')


def test_edges_are_switched_on(page, view):
    page.select_option('#step', '0')
    slide(page, 0)
    _, lengths = view.graph(0).edges()
    below = int((lengths <= view.taus[0]).sum())
    for name in ('kept', 'removed', 'ends'):
        page.check(f'#{name}')
    drawn = dict(page.evaluate(DRAWN))
    assert drawn['k-NN graph'] == 3 * below
    assert drawn['removed edges'] == 3 * (len(lengths) - below)
    page.uncheck('#removed')
    assert 'removed edges' not in dict(page.evaluate(DRAWN))
