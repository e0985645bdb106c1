"""A report as one HTML file: words, tables, pictures; nothing from outside.

It takes plain data, so that anything may be reported.
"""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mmcuts3d.files import shown

#: Characters of one text; more is no text for a page.
_LONGEST = 100_000
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c1c; margin: 0 auto;
  max-width: 1500px; padding: 1.5rem; background: #fff; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; }
p { margin: .3rem 0; max-width: 60rem; }
p.warning { background: #fff4d6; border-left: 4px solid #e0a100;
  padding: .4rem .8rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .8rem 0; font-size: 14px; }
th, td { padding: .25rem .8rem; text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; border-bottom: 1px solid #e4e4e4; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { border-bottom: 2px solid #444; vertical-align: bottom; }
figure { margin: 1rem 0 1.6rem; }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { margin-bottom: .3rem; }
figcaption span { color: #555; margin-left: .6rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem;
  margin: .5rem 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.5 ui-monospace, monospace; }
"""


@dataclass(frozen=True)
class ReportTable:
    """A table of words that are already formatted.

    Args:
        columns (Sequence[str]): Heads; the first column names the rows.
        rows (Sequence[Sequence[str]]): Cells; ``**cell**`` is bold, as in
            Markdown.
        notes (Sequence[str]): Below the table. Defaults to ().
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f'Expected rows of {len(self.columns)} cells, but got '
                    f'{len(row)}: {list(row)}.'
                )


@dataclass(frozen=True)
class ReportPicture:
    """A picture that goes into the file.

    Args:
        content (bytes): PNG or JPEG.
        title (str): E.g. the file name.
        caption (str): Beside the title. Defaults to ''.
    """

    content: bytes
    title: str
    caption: str = ''


@dataclass(frozen=True)
class ReportSection:
    """A part of the report; everything but the heading may be absent.

    Args:
        heading (str): Its title.
        text (Sequence[str]): Paragraphs. Defaults to ().
        table (ReportTable, optional): Defaults to None.
        pictures (Sequence[ReportPicture]): Defaults to ().
        settings (Mapping[str, str]): Names to values. Defaults to none.
    """

    heading: str
    text: Sequence[str] = ()
    table: ReportTable | None = None
    pictures: Sequence[ReportPicture] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


def html_report(
    title: str,
    sections: Sequence[ReportSection],
    lead: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> str:
    """Write a report.

    Args:
        title (str): Of the page.
        sections (Sequence[ReportSection]): Its parts.
        lead (Sequence[str]): Paragraphs below the title. Defaults to ().
        warnings (Sequence[str]): Paragraphs that must not be missed.
            Defaults to ().

    Returns:
        str: An HTML page that refers to no other file.
    """
    parts = [f'<h1>{_text(title)}</h1>']
    parts += [f'<p>{_text(line)}</p>' for line in lead]
    parts += [f'<p class="warning">{_text(line)}</p>' for line in warnings]
    for section in sections:
        parts += _section(section)
    body = '\n'.join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, '
        'initial-scale=1">\n'
        f'<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n'
        f'</head>\n<body>\n{body}\n</body>\n</html>\n'
    )


def markdown_table(table: ReportTable) -> str:
    """A table as Markdown.

    Args:
        table (ReportTable): The table.

    Returns:
        str: Its lines, the notes below it.
    """
    lines = [_markdown_row(table.columns)]
    lines.append('|---' + '|---:' * (len(table.columns) - 1) + '|')
    lines += [_markdown_row(row) for row in table.rows]
    for note in table.notes:
        lines += ['', shown(note, _LONGEST)]
    return '\n'.join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    texts = [shown(cell, _LONGEST).replace('|', '\\|') for cell in cells]
    return f'| {" | ".join(texts)} |'


def _text(text: str) -> str:
    """Text of others as HTML: no tags, no control characters."""
    return html.escape(shown(text, _LONGEST))


def _section(section: ReportSection) -> list[str]:
    parts = ['<section>', f'<h2>{_text(section.heading)}</h2>']
    parts += [f'<p>{_text(line)}</p>' for line in section.text]
    if section.table is not None:
        parts += _table(section.table)
    for picture in section.pictures:
        parts += _picture(picture)
    if section.settings:
        parts.append('<dl>')
        parts += [
            f'<dt>{_text(name)}</dt><dd><code>{_text(value)}</code></dd>'
            for name, value in section.settings.items()
        ]
        parts.append('</dl>')
    return [*parts, '</section>']


def _table(table: ReportTable) -> list[str]:
    heads = ''.join(f'<th>{_cell(head)}</th>' for head in table.columns)
    parts = [
        '<div class="wide"><table>',
        f'<thead><tr>{heads}</tr></thead>',
        '<tbody>',
    ]
    for row in table.rows:
        cells = ''.join(f'<td>{_cell(cell)}</td>' for cell in row)
        parts.append(f'<tr>{cells}</tr>')
    parts.append('</tbody></table></div>')
    return parts + [f'<p>{_cell(note)}</p>' for note in table.notes]


def _cell(text: str) -> str:
    return re.sub(r'\*\*(.+?)\*\*', r'<b>\1</b>', _text(text))


def _picture(picture: ReportPicture) -> list[str]:
    is_png = picture.content.startswith(b'\x89PNG')
    data = base64.b64encode(picture.content).decode()
    title = _text(picture.title)
    return [
        '<figure>',
        f'<figcaption><b>{title}</b> '
        f'<span>{_text(picture.caption)}</span></figcaption>',
        f'<img alt="{title}" loading="lazy" '
        f'src="data:image/{"png" if is_png else "jpeg"};base64,{data}">',
        '</figure>',
    ]
