"""A report as one HTML file: words, tables, pictures; nothing from outside.

It takes plain data, so that anything may be reported.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mmcuts3d.files import shown
from mmcuts3d.visualization import plotly_script

from .assets import SCRIPT, STYLE
from .charts import BarChart, LineChart
from .gallery import GalleryImage
from .texts import LONGEST, as_html, as_source

_PLOTLY = '<script type="text/plain" id="plotly">{}</script>'


@dataclass(frozen=True)
class ReportTable:
    """A table of words that are already formatted.

    Args:
        columns (Sequence[str]): Heads; the first column names the rows.
        rows (Sequence[Sequence[str]]): Cells; ``**cell**`` is bold, as in
            Markdown, but in sortable tables, which name files.
        notes (Sequence[str]): Below the table. Defaults to ().
        sortable (bool): Whether heads sort the rows, and a long table
            scrolls in a frame of its own. Defaults to False.
        thumbnails (Sequence[bytes | None]): A small picture for each row,
            before the first cell. Defaults to (): none.
        words (bool): Whether cells are sentences, which begin at the left
            and wrap, instead of numbers. Defaults to False.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    sortable: bool = False
    thumbnails: Sequence[bytes | None] = ()
    words: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f'Expected rows of {len(self.columns)} cells, but got '
                    f'{len(row)}: {list(row)}.'
                )


@dataclass(frozen=True)
class ReportSection:
    """A part of the report; everything but the heading may be absent.

    Args:
        heading (str): Its title.
        text (Sequence[str]): Paragraphs. Defaults to ().
        table (ReportTable, optional): Defaults to None.
        settings (Mapping[str, str]): Names to values. Defaults to none.
        charts (Sequence[BarChart | LineChart]): Defaults to ().
        gallery (Sequence[GalleryImage]): Defaults to ().
    """

    heading: str
    text: Sequence[str] = ()
    table: ReportTable | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    charts: Sequence[BarChart | LineChart] = ()
    gallery: Sequence[GalleryImage] = ()


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
    parts = [f'<h1>{as_html(title)}</h1>']
    parts += [f'<p>{as_html(line)}</p>' for line in lead]
    parts += [f'<p class="warning">{as_html(line)}</p>' for line in warnings]
    if len(sections) > 2:
        links = ''.join(
            f'<a href="#part-{number}">{as_html(section.heading)}</a>'
            for number, section in enumerate(sections)
        )
        parts.append(f'<nav aria-label="parts of this page">{links}</nav>')
    for number, section in enumerate(sections):
        parts += _section(section, number)
    if any(one.cloud for section in sections for one in section.gallery):
        packed = gzip.compress(plotly_script().encode(), 9, mtime=0)
        text = base64.b64encode(packed).decode()
        parts.append(_PLOTLY.format(text))
    body = '\n'.join(parts)
    # Only scripts of the page's own run, and nothing is asked for from
    # outside, whatever a file name says.
    nonce = hashlib.sha256(body.encode('utf-8')).hexdigest()[:32]
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, '
        'initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f'<title>{as_html(title)}</title>\n<style>{STYLE}</style>\n'
        f'</head>\n<body>\n{body}\n'
        f'<script nonce="{nonce}">const NONCE = \'{nonce}\';{SCRIPT}'
        '</script>\n</body>\n</html>\n'
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
        lines += ['', shown(note, LONGEST)]
    return '\n'.join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    texts = [shown(cell, LONGEST).replace('|', '\\|') for cell in cells]
    return f'| {" | ".join(texts)} |'


def _section(section: ReportSection, number: int) -> list[str]:
    parts = [f'<section id="part-{number}">']
    parts.append(f'<h2>{as_html(section.heading)}</h2>')
    parts += [f'<p>{as_html(line)}</p>' for line in section.text]
    if section.table is not None:
        parts += _table(section.table)
    if section.charts:
        charts = ''.join(chart.to_html() for chart in section.charts)
        parts.append(f'<div class="charts">{charts}</div>')
    if section.gallery:
        parts.append('<div class="looks">')
        parts += [
            image.to_html(f'cloud-{number}-{place}')
            for place, image in enumerate(section.gallery)
        ]
        parts.append('</div>')
    if section.settings:
        parts.append('<dl>')
        parts += [
            f'<dt>{as_html(name)}</dt><dd><code>{as_html(value)}</code></dd>'
            for name, value in section.settings.items()
        ]
        parts.append('</dl>')
    return [*parts, '</section>']


def _table(table: ReportTable) -> list[str]:
    heads = [_cell(head) for head in table.columns]
    if table.sortable:
        heads = [f'<button type="button">{head}</button>' for head in heads]
    pictured = bool(table.thumbnails)
    head = ''.join(f'<th scope="col">{one}</th>' for one in heads)
    frame = 'wide tall' if table.sortable else 'wide'
    kinds = {'sortable': table.sortable, 'words': table.words}
    kind = ' '.join(name for name, is_so in kinds.items() if is_so)
    parts = [
        f'<div class="{frame}" tabindex="0" role="region" '
        f'aria-label="table"><table class="{kind}">',
        f'<thead><tr>{head}</tr></thead>',
        '<tbody>',
    ]
    for place, row in enumerate(table.rows):
        cells = [_data(cell, table.sortable) for cell in row]
        if pictured:
            cells[0] = _thumbnail(table.thumbnails[place], row[0])
        parts.append(f'<tr>{"".join(cells)}</tr>')
    parts.append('</tbody></table></div>')
    return parts + [f'<p>{_cell(note)}</p>' for note in table.notes]


def _data(text: str, sortable: bool) -> str:
    if not sortable:
        return f'<td>{_cell(text)}</td>'
    value = ''
    if re.fullmatch(r'-?[\d,]+(\.\d+)?', text):
        value = f' data-value="{text.replace(",", "")}"'
    return f'<td{value}>{as_html(text)}</td>'


def _thumbnail(content: bytes | None, name: str) -> str:
    """A small picture before the name of a row, which stays its text."""
    picture = ''
    if content is not None:
        picture = (
            '<img alt="" loading="lazy" decoding="async" width="72" '
            f'height="54" src="{as_source(content)}">'
        )
    return f'<td>{picture}{as_html(name)}</td>'


def _cell(text: str) -> str:
    return re.sub(r'\*\*(.+?)\*\*', r'<b>\1</b>', as_html(text))
