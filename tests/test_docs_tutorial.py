"""The tutorial runs from top to bottom, in an empty folder."""

import json
from pathlib import Path

import pytest
from helpers.commands import run
from helpers.docs import blocks_of, commands_of

PAGE = 'docs/tutorial.md'
#: What each command leaves, by a word of it.
LEAVES = {
    'write_scenes': 'data/color/000007.png',
    'calibrate': None,
    'label cuts3d': 'labels/pseudo_labels.json',
    'view': 'view/cuts/000000.png',
    'label_statistics': 'labels.png',
    'evaluate': 'report/report.html',
    'train': 'training/iter_4.pth',
    'test': 'testing',
    'label my_detector': 'detections/pseudo_labels.json',
    'export': 'exported/000000.json',
}


@pytest.fixture(scope='module')
def printed(tmp_path_factory):
    """Runs all blocks in order; {command: what it printed}."""
    return run_page(tmp_path_factory.mktemp('tutorial'))


def run_page(folder):
    """See :func:`printed`."""
    import contextlib
    import io
    import os

    before, said = Path.cwd(), {}
    os.chdir(folder)
    try:
        for block in blocks_of(PAGE):
            if block.language == 'bash':
                for words in commands_of(block.text):
                    out = io.StringIO()
                    with contextlib.redirect_stdout(out):
                        status = run(words)
                    assert status == 0, (block.where, words)
                    said[' '.join(words)] = out.getvalue()
            elif block.language == 'python':
                if block.text.startswith('_base_'):
                    Path('my_detector.py').write_text(block.text)
                    continue
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(block.text, block.where, 'exec'), {})
                said[block.text] = out.getvalue()
    finally:
        os.chdir(before)
    return said | {'folder': folder}
