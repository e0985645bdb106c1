"""The tutorial runs from top to bottom, in an empty folder."""

import contextlib
import io
import json
from pathlib import Path

import pytest
from helpers import ROOT
from helpers.commands import run
from helpers.docs import blocks_of, commands_of

PAGE = 'docs/tutorial.md'
#: What the page says that there is in the end.
WRITTEN = (
    'data/color/000007.png',
    'labels/pseudo_labels.json',
    'view/cuts/000000.png',
    'view/clouds/000000.ply',
    'labels.png',
    'report/report.html',
    'training/iter_4.pth',
    'curves.png',
    'detections/pseudo_labels.json',
    'exported/000000.json',
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
