"""A study as text, as markdown for a README, and as JSON."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mmcuts3d
from mmcuts3d.evaluation.functional.bootstrap import Interval
from mmcuts3d.files.whole_files import write_json

from .paper import TITLES, PaperSet, paper_rows
from .recall import BUCKETS, MIN_IMAGES, RecallTable

_HEAD = ('features', *BUCKETS, 'all', 'best IoU', 'masks/image')


def table_text(table: RecallTable, paper: PaperSet | None = 'coco') -> str:
    """The table for a terminal, with intervals below the values.

    Args:
        table (RecallTable): What was measured.
        paper (str, optional): The set of the paper's table that stands below;
            None: none. Defaults to 'coco'.
    """
    lines = [list(_HEAD)]
    for row in table.rows:
        cells = [*(row.recall[name] for name in BUCKETS), row.overall]
        values = [*cells, row.best_iou]
        lines.append([row.title, *map(_value, values), f'{row.masks:.1f}'])
        lines.append(['', *map(_ends, values), ''])
    lines += [[title, *['-'] * 9] for title in table.not_run]
    lines += _counts(table)
    if paper is not None:
        lines.append([f'the paper, {TITLES[paper]}:', *[''] * 9])
        for name, values in paper_rows(paper).items():
            numbers = [f'{value:.1f}' for value in values]
            lines.append([f'  {name}', *numbers, '', '', ''])
    return '\n'.join([_caption(table), '', _aligned(lines), *_notes(table)])


def markdown_text(table: RecallTable, paper: PaperSet | None = 'coco') -> str:
    """The table in markdown; arguments of :func:`table_text`."""
    lines = [list(_HEAD)]
    for row in table.rows:
        cells = [*(row.recall[name] for name in BUCKETS), row.overall]
        values = [*cells, row.best_iou]
        texts = [f'{_value(v)} {_ends(v)}'.strip() for v in values]
        lines.append([f'`{_plain(row.title)}`{_mark(row.title)}', *texts])
        lines[-1].append(f'{row.masks:.1f}')
    lines += [
        [f'`{_plain(title)}`{_mark(title)}', 'not run', *[''] * 8]
        for title in table.not_run
    ]
    lines += _counts(table)
    if paper is not None:
        for name, values in paper_rows(paper).items():
            numbers = [f'{value:.1f}' for value in values]
            label = f'the paper, {TITLES[paper]}: `{name}`'
            lines.append([label, *numbers, '', '', ''])
    align = ['---', *['---:'] * (len(_HEAD) - 1)]
    rows = [lines[0], align, *lines[1:]]
    text = '\n'.join('| ' + ' | '.join(row) + ' |' for row in rows)
    return '\n'.join([text, '', _caption(table), *_notes(table)])


def write_study(
    table: RecallTable,
    folder: str | Path,
    settings: dict[str, Any],
    paper: PaperSet | None = 'coco',
) -> list[Path]:
    """Write ``table.txt``, ``table.md`` and ``table.json``.

    Args:
        table (RecallTable): What was measured.
        folder (str or Path): Made where it is missing.
        settings (dict): What it was measured with, for the JSON.
        paper (str, optional): See :func:`table_text`. Defaults to 'coco'.

    Returns:
        list[Path]: The files.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        'table.txt': table_text(table, paper),
        'table.md': markdown_text(table, paper),
    }
    for name, text in texts.items():
        (folder / name).write_text(text + '\n', 'utf-8')
    content = {
        'version': mmcuts3d.__version__,
        'settings': settings,
        'num_images': table.num_images,
        'level': table.level,
        'instances': table.instances,
        'images_with_instances': table.bucket_images,
        'rows': [
            {
                'features': row.title,
                'recall': {k: _numbers(v) for k, v in row.recall.items()},
                'all': _numbers(row.overall),
                'best_iou': _numbers(row.best_iou),
                'masks_per_image': row.masks,
                'failed': row.num_failed,
                'without_structure': row.num_flat,
            }
            for row in table.rows
        ],
        'not_run': table.not_run,
    }
    write_json(folder / 'table.json', content)
    return [folder / name for name in (*texts, 'table.json')]


def _caption(table: RecallTable) -> str:
    return (
        'AR of masks (%) by the number of instances of one class in the '
        f'image, {table.num_images} images; in brackets intervals of '
        f'{100 * table.level:g} % (bootstrap over images), where '
        f'{MIN_IMAGES} images or more count.'
    )


def _counts(table: RecallTable) -> list[list[str]]:
    instances = [table.instances[name] for name in BUCKETS]
    images = [table.bucket_images[name] for name in BUCKETS]
    return [
        ['instances', *map(str, instances), str(sum(instances)), '', ''],
        ['images', *map(str, images), str(table.num_images), '', ''],
    ]


def _notes(table: RecallTable) -> list[str]:
    notes = []
    if any('[stand-in]' in row.title for row in table.rows):
        notes.append(
            'stand-in: no self-supervised network; says only that the code '
            'works.'
        )
    for row in table.rows:
        if row.num_failed:
            notes.append(
                f'{row.title}: {row.num_failed} images failed, whose '
                'instances count as missed.'
            )
        if row.num_flat:
            notes.append(
                f'{row.title}: {row.num_flat} images without structure, and '
                'so without masks.'
            )
    notes += [f'{name}: not run: {why}' for name, why in table.not_run.items()]
    return ['', *notes] if notes else []


def _value(one: Interval) -> str:
    return (
        '-' if one.value < 0 or math.isnan(one.value) else f'{one.value:.1f}'
    )


def _ends(one: Interval) -> str:
    if math.isnan(one.low) or _value(one) == '-':
        return ''
    return f'[{one.low:.1f}, {one.high:.1f}]'


def _numbers(one: Interval) -> list[float | None]:
    """Value and both ends; JSON has no NaN."""
    return [
        None if math.isnan(x) else float(x)
        for x in (one.value, one.low, one.high)
    ]


def _plain(title: str) -> str:
    return title.partition(' [')[0]


def _mark(title: str) -> str:
    mark = title.partition(' [')[2].rstrip(']')
    return f' ({mark})' if mark else ''


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return '\n'.join(
        '  '.join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(
                zip(line, widths, strict=True)
            )
        ).rstrip()
        for line in lines
    )
