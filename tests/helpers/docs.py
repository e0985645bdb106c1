"""The blocks of Python in a page of docs/."""

import re

from helpers import ROOT


def python_blocks(text):
    """Every block of a page, or of a part of one."""
    return re.findall(r'^```python\n(.*?)^```', text, re.DOTALL | re.MULTILINE)


def page(name):
    """The text of a page."""
    return (ROOT / 'docs' / name).read_text('utf-8')


def blocks_by_section(text):
    """The blocks of each section of a page, by its title."""
    return {
        section.partition('\n')[0]: python_blocks(section)
        for section in text.split('\n## ')[1:]
    }
