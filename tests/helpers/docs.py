"""The blocks of the pages: Python, commands, and what is neither."""

import re
import shlex
import subprocess
import textwrap
from typing import NamedTuple

from helpers import ROOT

#: What a fenced block may be.
LANGUAGES = ('python', 'bash', 'text', 'bibtex')
#: An indented block that begins with one of these is commands.
PROGRAMS = (
    *('apt-get', 'bash', 'cd', 'export', 'git', 'hf', 'make', 'mmcuts3d'),
    *('pip', 'pre-commit', 'python', 'ray', 'sbatch', 'source', 'srun'),
    *('sudo', 'torchrun'),
)
_FENCE = re.compile(r'^( *)(```+)([^\n`]*)$')
_SETTING = re.compile(r'[A-Z][A-Z0-9_]*=')


class Block(NamedTuple):
    """A block of a page.

    Attributes:
        page (str): Path in the repository.
        line (int): Of its first line, from 1.
        language (str): One of LANGUAGES, or what a fence says.
        text (str): Without the indent.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def where(self):
        return f'{self.page}:{self.line}'


def pages():
    """Every page that a person reads, by path; the changelog is history."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard'],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.splitlines() or [
        path.relative_to(ROOT).as_posix()
        for folder in ('docs', 'configs', 'benchmarks', 'projects')
        for path in [*ROOT.glob('*.md'), *(ROOT / folder).rglob('*.md')]
    ]
    return sorted(
        name
        for name in set(listed)
        if name.endswith('.md')
        and name != 'CHANGELOG.md'
        and (ROOT / name).is_file()
    )


def blocks_of(name, text=None):
    """The blocks of a page, fenced or indented.

    Args:
        name (str): Path in the repository.
        text (str, optional): Instead of what the file has.
    """
    lines = (
        (ROOT / name).read_text('utf-8') if text is None else text
    ).splitlines()
    found, start, fence, before = [], None, None, ''
    for number, line in enumerate([*lines, '<end>'], 1):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[2] == fence[1] and not mark[3].strip():
                inside = textwrap.dedent('\n'.join(lines[start : number - 1]))
                found.append(Block(name, start + 1, fence[2], inside))
                fence = start = None
        elif mark:
            fence, start = (mark[1], mark[2], mark[3].strip()), number
        elif start is None and line.startswith('    ') and not before:
            start = number - 1
        elif start is not None and not line.startswith('    '):
            # Blank lines part commands from what they print.
            found.append(_indented(name, lines, start, number - 1))
            start = None
        before = line.strip()
    return [block for block in found if block.text.strip()]


def _indented(name, lines, start, end):
    text = textwrap.dedent('\n'.join(lines[start:end]))
    words = [w for w in text.split() if not _SETTING.match(w)]
    language = 'bash' if words and words[0] in PROGRAMS else 'text'
    return Block(name, start + 1, language, text)


def commands_of(text):
    """Each command as its words: no comments, settings or line ends."""
    pending = ''
    for line in text.splitlines():
        pending += line
        if line.endswith('\\'):
            pending = pending[:-1]
            continue
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quotation that goes on
            pending += '\n'
            continue
        pending = ''
        while words and _SETTING.match(words[0]):
            words.pop(0)
        if words:
            yield words
    assert not pending.strip(), f'a command without an end: {pending!r}'


def inline_commands(name):
    """The commands in the lines of a page, ``like this``, as text."""
    text = (ROOT / name).read_text('utf-8')
    text = re.sub(r'^```.*?^```', '', text, flags=re.DOTALL | re.MULTILINE)
    spans = re.findall(r'(?<!`)`([^`]+)`(?!`)', text)
    return [
        ' '.join(span.split())
        for span in spans
        if re.match(r'(python (tools|benchmarks|projects|-m )|make )', span)
    ]


def form_filled(words):
    """A form of a command as a command: all options, first of the choices.

    ``[RUN2]`` may be left out, ``oracle|features`` is one of two, ``...``
    says that there may be more.
    """
    filled = []
    for word in words:
        if word in ('...', '…'):
            continue
        if ('[' in word and ']' not in word) or re.fullmatch(
            r'\[[^,]+\]', word
        ):
            word = word.removeprefix('[')
        if ']' in word and '[' not in word:
            word = word.removesuffix(']')
        if re.fullmatch(r'[\w.]+(\|[\w.]+)+', word):
            word = word.partition('|')[0]
        filled.append(word)
    return filled


def python_blocks(text):
    """Every block of Python of a page, or of a part of one."""
    return re.findall(r'^```python\n(.*?)^```', text, re.DOTALL | re.MULTILINE)


def page(name):
    """The text of a page of docs/."""
    return (ROOT / 'docs' / name).read_text('utf-8')


def blocks_by_section(text):
    """The blocks of Python of each section of a page, by its title."""
    return {
        section.partition('\n')[0]: python_blocks(section)
        for section in text.split('\n## ')[1:]
    }
