"""What the tests of pages share: one folder that was labeled."""

import contextlib
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.reports import tool_of, words_of, write_scenes
from mmengine.registry import DefaultScope


@pytest.fixture(scope='session')
def labeled(tmp_path_factory):
    """Labels of four scenes and a broken file, with their page."""
    folder = write_scenes(tmp_path_factory.mktemp('labeled'))
    tool = tool_of(Path('tools/generate_pseudo_labels.py'))
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        status = tool.main(words_of(folder))
    DefaultScope._instance_dict.clear()
    return SimpleNamespace(
        folder=folder,
        images=folder / 'images',
        out=folder / 'out',
        page=folder / 'out' / 'report.html',
        status=status,
        errors=errors.getvalue(),
    )
