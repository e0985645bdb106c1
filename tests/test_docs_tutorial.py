"""The tutorial runs from top to bottom, in an empty folder."""

import contextlib
import io
import json
from pathlib import Path

import pytest
from helpers import ROOT
from helpers.browser import cut_texts, open_browser, open_page, overflow
from helpers.commands import run
from helpers.docs import blocks_of, commands_of

PAGE = 'docs/tutorial.md'
PAGES = (
    'labels/report.html',
    'rounds/round_1.html',
    'report/report.html',
    'detections/report.html',
)
#: What the page says that there is in the end.
WRITTEN = (
    'data/color/000007.png',
    'labels/pseudo_labels.json',
    'view/cuts/000000.png',
    'view/clouds/000000.ply',
    'labels.png',
    'training/iter_4.pth',
    'curves.png',
    'detections/pseudo_labels.json',
    'exported/000000.json',
    *PAGES,
)


@pytest.fixture(scope='module')
def printed(tmp_path_factory):
    """{block of the page: what it printed}; tests stand in its folder."""
    folder = tmp_path_factory.mktemp('tutorial')
    (folder / 'configs').symlink_to(ROOT / 'configs')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield {block.text: _printed(block) for block in blocks_of(PAGE)}


def _printed(block):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        if block.text.startswith('_base_'):
            Path('my_detector.py').write_text(block.text)
        elif block.language == 'python':
            exec(compile(block.text, block.where, 'exec'), {})
        elif block.language == 'bash':
            for words in commands_of(block.text):
                assert run(words) == 0, f'{block.where}: {words}'
    return said.getvalue()


def test_every_file_that_is_named_is_there(printed):
    assert [name for name in WRITTEN if not Path(name).is_file()] == []
    assert [name for name in WRITTEN if Path(name).stat().st_size == 0] == []


def test_labels_and_detections_have_masks(printed):
    for name in ('labels', 'detections'):
        file = json.loads(Path(name, 'pseudo_labels.json').read_text())
        assert len(file['images']) == 8
        assert len(file['annotations']) >= 8
        assert {row['category_id'] for row in file['annotations']} == {1}


@pytest.mark.parametrize('width', [390, 1280])
def test_its_pages_work_in_a_browser(printed, width):
    """That of labels, of a round and of an evaluation."""
    with open_browser() as browser:
        for name in PAGES:
            with open_page(browser, Path(name), width) as page:
                assert overflow(page) == 0, name
                assert cut_texts(page) == [], name
                for link in page.locator('nav a').all():
                    link.click()
                look = page.locator('.look').first
                look.scroll_into_view_if_needed()
                buttons = look.locator('.views button')
                assert buttons.count() >= 2, name
                for button in buttons.all():
                    button.click()
                    assert button.get_attribute('aria-pressed') == 'true'
                assert page.notes == [], name
