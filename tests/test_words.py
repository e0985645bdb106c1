"""One word for one thing: the glossary of docs/design.md, held to the code."""

import re
import subprocess
from typing import get_args

import pytest
from helpers import ROOT

import mmcuts3d.cuts
from mmcuts3d.cuts import Preset

#: Words that this project once used for something, and what it says now.
GIVEN_UP = {
    r'labeller': 'labeler',
    r'photograph': 'image',
    r'semantic groups?\b': 'semantic mask',
    r'semantics given|given semantics|groups given': 'oracle semantics',
    r'drawn anew|draws of images': 'bootstrap over images',
    r'\bfigures\b': 'metrics',
    r'\breadings\b|PAPER_READING': 'presets, or variants of an open choice',
    r'Defaults to [^\n.]*, never': '(disabled)',
    r'rounds of (the|a|its) (cut|method)': 'steps',
    r'\bcrease=': 'creases',
}
SUFFIXES = {'.py', '.md', '.sh', '.yml', '.toml', '.txt', '.cff'}
#: The history of words, and this list.
EXEMPT = {'CHANGELOG.md', 'tests/test_words.py'}


def texts():
    """(name, text) of every file of ours that a person reads."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard'],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip('not a git checkout: which files are ours is not known')
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if name.startswith('tests/') or '/tests/' in name:
            continue  # what runs, not what is read
        if path.suffix in SUFFIXES and name not in EXEMPT and path.is_file():
            yield name, path.read_text('utf-8')


def glossary():
    """{word: (meaning, third cell)} of docs/design.md."""
    text = (ROOT / 'docs' / 'design.md').read_text('utf-8')
    text = text[text.index('## The words') : text.index('## The formulas')]
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split('|')[1:-1]]
        if len(cells) == 3 and cells[0] not in ('word', '---'):
            rows[cells[0].removesuffix(' (ours)')] = (cells[1], cells[2])
    return rows


@pytest.mark.parametrize('pattern', GIVEN_UP)
def test_a_word_that_was_given_up_is_gone(pattern):
    found = [
        f'{name}: {match.group(0)!r}; say {GIVEN_UP[pattern]}'
        for name, text in texts()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]
    assert found == []


def test_every_word_of_the_glossary_is_used():
    rooms = ('mmcuts3d/', 'benchmarks/', 'README')
    package = ' '.join(
        text for name, text in texts() if name.startswith(rooms)
    )
    package = re.sub(r'\s+', ' ', package).lower()
    assert len(glossary()) > 20
    assert [w for w in glossary() if w.lower() not in package] == []


def test_names_in_the_glossary_exist():
    named = [
        name
        for _, cell in glossary().values()
        for name in re.findall(r'`([A-Z]\w+)`', cell)
    ]
    assert 'CutStep' in named and 'Surface' in named
    assert [n for n in named if not hasattr(mmcuts3d.cuts, n)] == []


def test_presets_in_the_glossary_are_the_presets():
    _, cell = glossary()['preset']
    assert re.findall(r'`([^`]+)`', cell) == list(get_args(Preset))


def test_creases_are_explained_where_they_first_stand():
    """Concave depth edges is what the field would say; ours is shorter."""
    without = []
    for name, text in texts():
        text = re.sub(r'[\s│]+', ' ', text)
        text = re.sub(r'\]\([^)]*\)|!\[[^]]*', '', text)  # links, pictures
        first = text.lower().find('crease')
        near = text[max(first - 80, 0) : first + 80].lower()
        if name.endswith('.md') and first >= 0:
            without += [name] * ('concave depth edge' not in near)
    assert without == []
