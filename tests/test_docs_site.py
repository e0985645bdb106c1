"""The documentation as a site: built without warnings, nothing missing."""

import importlib
import importlib.util
import inspect
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from helpers import ROOT

NEEDED = ('sphinx', 'myst_parser', 'furo', 'sphinx_copybutton')
#: Packages whose public names have an entry, lowest layer first.
PACKAGES = sorted(
    path.parent.relative_to(ROOT).as_posix().replace('/', '.')
    for path in (ROOT / 'mmcuts3d').rglob('__init__.py')
    if '\n__all__ = ' in path.read_text('utf-8')
)
#: Packages of the inside, and why no page lists them.
INSIDE = {
    'mmcuts3d': 'its version only',
    'mmcuts3d.cli': 'used from the command line',
    'mmcuts3d.compat': 'repairs of other packages, done at import',
    'mmcuts3d.cuts.batched.crf': 'parts of dense_crf',
    'mmcuts3d.cuts.crf': 'parts of dense_crf',
    'mmcuts3d.engine.ablations.Row': 'left out of its page: read from files',
}


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    missing = [n for n in NEEDED if importlib.util.find_spec(n) is None]
    if missing:
        pytest.skip(f'not installed: {", ".join(missing)} (make docs)')
    folder = tmp_path_factory.mktemp('site')
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going'),
            *('-n', '-c', 'docs', '.', str(folder)),
        ],
        cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Links(HTMLParser):
    """What a page links to, shows, and can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = set(), {''}
        self.feed(path.read_text('utf-8'))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ('href', 'src') and value:
                self.links.add(value)
            elif name in ('id', 'name') and value:
                self.anchors.add(value)


def test_no_link_of_the_site_is_broken(site):
    pages = {path: Links(path) for path in site.rglob('*.html')}
    assert len(pages) > 30
    broken = []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith(('http:', 'https:', 'mailto:', 'data:')):
                continue
            target, anchor = urldefrag(unquote(link))
            target = target.partition('?')[0]
            to = Path(os.path.normpath(path.parent / target))
            to = to if target else path
            known = pages[to].anchors if to in pages else {anchor}
            if not to.exists() or anchor not in known:
                broken.append((path.name, link))
    assert broken == []


def test_every_page_is_in_the_list_of_pages(site):
    index = Links(site / 'README.html').links
    missing = [
        path.name
        for path in (ROOT / 'docs').glob('*.md')
        if f'docs/{path.stem}.html' not in index and path.stem != 'README'
    ]
    assert missing == []


def test_every_public_class_and_function_has_an_entry(site):
    anchors = set()
    for path in (site / 'docs' / 'api').glob('*.html'):
        anchors |= Links(path).anchors
    named = {}
    for anchor in anchors:
        module, _, name = anchor.rpartition('.')
        named.setdefault(name, []).append(module)
    missing = []
    for package in PACKAGES:
        if package in INSIDE:
            continue
        module = importlib.import_module(package)
        for name in module.__all__:
            if f'{package}.{name}' in INSIDE:
                continue
            thing = getattr(module, name)
            if inspect.ismodule(thing):
                found = f'module-{thing.__name__}' in anchors
            elif not (inspect.isclass(thing) or inspect.isroutine(thing)):
                continue  # constants and names of types
            else:
                found = any(
                    other.startswith('mmcuts3d') and same(other, name, thing)
                    for other in named.get(name, ())
                )
            if not found:
                missing.append(f'{package}.{name}')
    assert missing == []


def same(module, name, thing):
    """Whether an entry is of this thing, under whatever package."""
    try:
        return getattr(importlib.import_module(module), name, None) is thing
    except ImportError:  # a method of a class of that name
        return False
