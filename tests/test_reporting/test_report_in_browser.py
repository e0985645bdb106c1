"""The page in Chromium: it works, asks for nothing, and fits a phone."""

import pytest
from helpers.browser import cut_texts, open_browser, open_page, overflow
from helpers.reports import HOSTILE

from mmcuts3d.files import shown


@pytest.fixture(scope='module')
def browser():
    with open_browser() as found:
        yield found


@pytest.fixture
def page(browser, labeled):
    with open_page(browser, labeled.page) as found:
        yield found
        assert found.notes == []


def seen(look):
    """The views of an image that are not transparent, the last on top."""
    images = look.locator('.stage img').all()
    opacities = [image.evaluate('i => i.style.opacity') for image in images]
    places = [n for n, one in enumerate(opacities) if float(one) > 0]
    return images[max(places)].get_attribute('alt').rpartition(': ')[2]


def test_the_slider_shows_each_view(page):
    look = page.locator('.look').first
    buttons = look.locator('.views button')
    names = buttons.all_text_contents()
    assert names[0] == 'image' and seen(look) == names[-1] == 'mask'
    slider = look.locator('input')
    slider.focus()
    for name in reversed(names[:-1]):
        page.keyboard.press('ArrowLeft')
        assert seen(look) == name
        assert slider.get_attribute('aria-valuetext') == name
    page.keyboard.press('ArrowRight')
    assert seen(look) == names[1]
    buttons.nth(3).click()
    assert seen(look) == names[3]
    pressed = buttons.evaluate_all('b => b.map(o => o.ariaPressed)')
    assert pressed.index('true') == 3 and pressed.count('true') == 1
    slider.fill('1.5')  # between two: the upper one is half seen
    opacity = (
        look.locator('.stage img').nth(2).evaluate('i => i.style.opacity')
    )
    assert float(opacity) == 0.5


def test_heads_sort_the_images(page):
    table = page.locator('#part-4 table')
    head = table.locator('th').nth(3)

    def column():
        cells = table.locator('tbody td:nth-child(4)').all_text_contents()
        return [float(cell) for cell in cells]

    head.locator('button').click()
    assert column() == sorted(column())
    assert head.get_attribute('aria-sort') == 'ascending'
    head.locator('button').press('Enter')
    assert column() == sorted(column(), reverse=True)


def test_names_are_text_to_the_browser(page):
    names = page.locator('#part-4 tbody td:first-child').all_text_contents()
    assert sorted(names) == sorted(shown(name) for name in HOSTILE)


def test_a_cloud_opens(page):
    button = page.locator('.open').first
    button.click()
    page.wait_for_selector('.plot canvas', timeout=60_000)
    assert button.get_attribute('aria-expanded') == 'true'
    button.click()
    assert not page.locator('.plot').first.is_visible()


@pytest.mark.parametrize('width', [390, 1280])
def test_it_fits_the_window(browser, labeled, width):
    with open_page(browser, labeled.page, width) as page:
        assert overflow(page) == 0
        assert cut_texts(page) == []
        look = page.locator('.look').first.bounding_box()
        assert look['width'] >= min(width - 50, 330)
        assert page.notes == []
