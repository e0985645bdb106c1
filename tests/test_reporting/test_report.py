"""A report stands alone, shows what it was given, and escapes it."""

import base64
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from mmcuts3d.reporting.page.gallery import GalleryImage
from mmcuts3d.reporting.page.report import (
    ReportSection,
    ReportTable,
    html_report,
    markdown_table,
)
from mmcuts3d.reporting.panels import draw_abreast, draw_panel
from mmcuts3d.visualization.drawing import draw_instances, instance_colors

VOID = {'meta', 'img', 'br', 'link'}


class Page(HTMLParser):
    """Tags must close in order; texts and sources are kept."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.sources = [], [], []
        self.rows, self.bold = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag == 'tr':
            self.rows.append([])
        if tag in ('td', 'th'):
            self.rows[-1].append('')
        for key, value in attrs:
            if key in ('src', 'href') and tag == 'img':
                self.sources.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and {'td', 'th'} & set(self.open):
            self.rows[-1][-1] += data
        if self.open and self.open[-1] == 'b':
            self.bold.append(data)
        self.texts.append(data)


def encoded(suffix):
    pixels = np.full((4, 6, 3), 200, np.uint8)
    return cv2.imencode(suffix, pixels)[1].tobytes()


TABLE = ReportTable(
    ['measure', 'A|B'],
    [['AP <50>', '**1.0** [0, 2]'], ['AR', '–']],
    ['a **note**'],
)


def test_a_report_holds_everything_and_refers_to_nothing():
    png, jpg = encoded('.png'), encoded('.jpg')
    page = Page(
        html_report(
            'A & B',
            [
                ReportSection('One', ['some <words>'], TABLE),
                ReportSection(
                    'Two',
                    gallery=[
                        GalleryImage('a.png', 'first', [('x', png)], (4, 6)),
                        GalleryImage('"b".jpg', '', [('y', jpg)], (4, 6)),
                    ],
                ),
                ReportSection('Three', settings={'seed': '<0>'}),
            ],
            ['lead'],
            ['beware'],
        )
    )
    for text in ('A & B', 'some <words>', 'lead', 'beware', '<0>', '"b".jpg'):
        assert text in page.texts
    assert page.rows == [
        ['measure', 'A|B'],
        ['AP <50>', '1.0 [0, 2]'],
        ['AR', '–'],
    ]
    assert {'1.0', 'note', 'a.png'} <= set(page.bold)
    kinds, contents = zip(
        *(source.split(';base64,') for source in page.sources), strict=True
    )
    assert kinds == ('data:image/png', 'data:image/jpeg')
    assert [base64.b64decode(content) for content in contents] == [png, jpg]


def test_table_as_markdown():
    assert markdown_table(TABLE).splitlines() == [
        '| measure | A\\|B |',
        '|---|---:|',
        '| AP <50> | **1.0** [0, 2] |',
        '| AR | – |',
        '',
        'a **note**',
    ]


HOSTILE = '"><img src=x onerror=a()>\x1b[31m\u202e\ud800\n|<b>'


def test_text_of_others_stays_text():
    views = [(HOSTILE, encoded('.png'))]
    picture = GalleryImage(HOSTILE, HOSTILE, views, (4, 6))
    table = ReportTable([HOSTILE, 'b'], [[HOSTILE, '1']], [HOSTILE])
    sections = [
        ReportSection(
            HOSTILE, [HOSTILE], table, {HOSTILE: HOSTILE}, (), [picture]
        )
    ]
    text = html_report(HOSTILE, sections, [HOSTILE], [HOSTILE])
    page = Page(text)
    shown = '"><img src=x onerror=a()>\\x1b[31m\\u202e\\ud800\\n|<b>'
    assert page.texts.count(shown) == 13
    assert len(page.sources) == 1 and page.sources[0].startswith('data:')
    assert text.encode('utf-8').isascii()
    assert '\x1b' not in text
    lines = markdown_table(table).splitlines()
    assert len(lines) == 5 and lines[0].endswith(' | b |')
    assert all(line.isprintable() for line in lines)


def test_a_ragged_table_is_refused():
    with pytest.raises(ValueError, match='rows of 2 cells, but got 1'):
        ReportTable(['a', 'b'], [['1']])


IMAGE = np.full((40, 60, 3), 90, np.uint8)


def masks_of(*lefts):
    masks = np.zeros((len(lefts), 40, 60), bool)
    for mask, left in zip(masks, lefts, strict=True):
        mask[15:35, left : left + 12] = True
    return masks


def test_a_panel_takes_the_colours_that_it_is_told():
    masks = masks_of(2, 22)
    panel = draw_panel(IMAGE, masks, None, np.array([0.5, 0.7]), [3, 1])
    colors = instance_colors(4)
    for mask, color in zip(masks, colors[[3, 1]], strict=True):
        row, column = (int(np.mean(axis)) for axis in np.nonzero(mask))
        expected = 0.55 * 90 + 0.45 * color.astype(float)
        np.testing.assert_allclose(panel[row, column], expected, atol=1)
    plain = draw_panel(IMAGE, masks, None, np.array([0.5, 0.7]))
    expected = draw_instances(IMAGE, masks, None, np.array([0.5, 0.7]))
    np.testing.assert_array_equal(plain, expected)
    np.testing.assert_array_equal(
        draw_panel(IMAGE, masks, None, np.array([0.5, 0.7]), [0, 1]), plain
    )


def test_a_panel_without_instances_is_the_image():
    np.testing.assert_array_equal(draw_panel(IMAGE), IMAGE)
    none = np.zeros((0, 40, 60), bool)
    np.testing.assert_array_equal(draw_panel(IMAGE, none, colors=[]), IMAGE)


@pytest.mark.parametrize('colors', [[1, 1], [1]])
def test_a_panel_refuses_colours_that_do_not_fit(colors):
    with pytest.raises(ValueError, match='2 different numbers'):
        draw_panel(IMAGE, masks_of(2, 22), colors=colors)


@pytest.mark.parametrize(
    'shape,width,panel', [((400, 600), 300, (200, 300)), ((40, 60), 300, None)]
)
def test_panels_stand_abreast(shape, width, panel):
    height, side = panel or shape
    red, blue = (np.zeros((*shape, 3), np.uint8) for _ in range(2))
    red[..., 0] = blue[..., 2] = 255
    sheet = draw_abreast([('one', red), ('two', blue)], width)
    step = max(side, 160) + 8
    assert sheet.shape == (height + 26, 2 * step - 8, 3)
    np.testing.assert_array_equal(sheet[-1, side - 1], [255, 0, 0])
    np.testing.assert_array_equal(sheet[-1, side], [255, 255, 255])
    np.testing.assert_array_equal(sheet[-1, step], [0, 0, 255])
    for left in (0, step):
        assert (sheet[:26, left : left + 40] < 128).any(), 'no title'


def test_a_long_title_ends_before_the_next_panel():
    sheet = draw_abreast([('word ' * 40, IMAGE), ('', IMAGE)])
    assert (sheet[:26, :160] < 128).any()
    assert (sheet[:26, 162:] == 255).all()


def test_panels_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match='of one size'):
        draw_abreast([('a', IMAGE), ('b', IMAGE[:-1])])
