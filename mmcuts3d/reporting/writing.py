"""The folder that an evaluation leaves behind."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmcuts3d.files import shown

from .measuring import LabelEvaluation
from .page.gallery import GalleryImage
from .page.report import (
    ReportSection,
    ReportTable,
    html_report,
    markdown_table,
)
from .pictures import Pictures
from .scored import MOST_ROWS
from .tables import (
    evaluation_to_dict,
    images_to_csv,
    metrics_to_csv,
    tables_of,
)

_ORDER = (
    'by mean best IoU: the mean over the instances of the image of the '
    'highest IoU with any prediction'
)


def table_text(evaluation: LabelEvaluation) -> str:
    """Both tables as Markdown.

    Args:
        evaluation (LabelEvaluation): What was measured.

    Returns:
        str: The text.
    """
    main, others = (markdown_table(t) for t in tables_of(evaluation))
    warnings = ''.join(f'{line}\n\n' for line in warnings_of(evaluation))
    return f'{warnings}{main}\n\nFurther metrics:\n\n{others}\n'


def warnings_of(evaluation: LabelEvaluation) -> list[str]:
    """What was not measured as it should be, a sentence each.

    Args:
        evaluation (LabelEvaluation): What was measured.

    Returns:
        list[str]: The sentences.
    """
    lines = []
    for run in evaluation.runs:
        if run.missing:
            lines.append(
                f'{run.name}: images that are missing and count as empty: '
                f'{len(run.missing)} of {len(evaluation.images)}.'
            )
        if run.left_out:
            lines.append(
                f'{run.name}: images that the ground truth does not have, '
                f'left out: {len(run.left_out)}.'
            )
    return lines


def write_tables(
    evaluation: LabelEvaluation,
    out_dir: str | Path,
    settings: Mapping[str, str],
    title: str,
) -> Path:
    """Write tables and data, and the report without pictures.

    Args:
        evaluation (LabelEvaluation): What was measured.
        out_dir (str | Path): Folder, made if missing.
        settings (Mapping[str, str]): Shown in the report.
        title (str): Of the report.

    Returns:
        Path: The report.
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    content = evaluation_to_dict(evaluation, dict(settings))
    for name, text in (
        ('evaluation.md', table_text(evaluation)),
        ('evaluation.csv', metrics_to_csv(evaluation)),
        ('images.csv', images_to_csv(evaluation)),
        ('evaluation.json', json.dumps(content, indent=1) + '\n'),
    ):
        _write(out / name, text)
    return write_report(evaluation, out, Pictures(), settings, title)


def write_report(
    evaluation: LabelEvaluation,
    out_dir: str | Path,
    pictures: Pictures,
    settings: Mapping[str, str],
    title: str,
) -> Path:
    """Write the report with its pictures.

    Args:
        evaluation (LabelEvaluation): What was measured.
        out_dir (str | Path): Folder, which exists.
        pictures (Pictures): What was drawn; what could not be is named.
        settings (Mapping[str, str]): Shown in the report.
        title (str): Of the report.

    Returns:
        Path: The report.
    """
    warnings = warnings_of(evaluation)
    warnings += [
        f'No picture of {shown(name)}: {shown(reason)}'
        for name, reason in pictures.failed.items()
    ]
    report = html_report(
        title,
        _sections(evaluation, pictures.kinds, settings),
        [_lead(evaluation)],
        warnings,
    )
    path = Path(out_dir) / 'report.html'
    _write(path, report)
    return path


def _write(path: Path, text: str) -> None:
    # A file name may hold what is no text, and must not cost the table.
    path.write_text(text, encoding='utf-8', errors='backslashreplace')


def _lead(evaluation: LabelEvaluation) -> str:
    number = sum(image.num_instances for image in evaluation.images)
    runs = ', '.join(
        f'{run.name} ({len(run.predictions)} '
        f'{"masks" if run.has_masks else "boxes"})'
        for run in evaluation.runs
    )
    return (
        f'{runs} against {number} instances in {len(evaluation.images)} '
        'images. Class-agnostic: categories are ignored.'
    )


def _sections(
    evaluation: LabelEvaluation,
    pictures: Mapping[str, Sequence[GalleryImage]],
    settings: Mapping[str, str],
) -> list[ReportSection]:
    main, others = tables_of(evaluation)
    headings = _headings(evaluation)
    sections = [ReportSection('Main metrics', table=main)]
    for kind, chosen in pictures.items():
        heading, text = headings[kind]
        sections.append(ReportSection(heading, [text], gallery=chosen))
    sections.append(ReportSection('Further metrics', table=others))
    sections.append(_all_images(evaluation))
    sections.append(ReportSection('Settings', settings=settings))
    return sections


def _all_images(evaluation: LabelEvaluation) -> ReportSection:
    """Every image in a table that its heads sort."""
    heads = ['image', 'instances']
    for run in evaluation.runs:
        heads += [f'{run.name}: predictions', f'{run.name}: best IoU, %']
    rows = []
    for one in evaluation.images[:MOST_ROWS]:
        row = [one.image['file_name'], str(one.num_instances)]
        for run in evaluation.runs:
            best = one.best_iou.get(run.name)
            row.append(str(one.num_predictions[run.name]))
            row.append('–' if best is None else f'{best:.1f}')
        rows.append(row)
    text = []
    if len(evaluation.images) > MOST_ROWS:
        text = [
            f'The first {MOST_ROWS} of {len(evaluation.images):,} images; '
            'images.csv has all.'
        ]
    table = ReportTable(heads, rows, sortable=True)
    return ReportSection('All images', text, table)


def _headings(evaluation: LabelEvaluation) -> dict[str, tuple[str, str]]:
    names = [run.name for run in evaluation.runs]
    order = _ORDER
    if len(names) > 1:
        order += ', averaged over both runs'
    colors = 'The colours of boxes only tell them apart.'
    if 'segm' in evaluation.iou_types:
        colors = (
            'A mask has the colour of the instance that it overlaps most. '
            'Other colours: masks that overlap none, or one that another '
            'mask overlaps more.'
        )
    headings = {
        'best': ('Best images', f'The best first, {order}. {colors}'),
        'median': ('Median images', f'Around the median, {order}.'),
        'worst': ('Worst images', f'The worst first, {order}.'),
    }
    if len(names) > 1:
        for kind, one, other in (
            ('first', *names),
            ('second', *reversed(names)),
        ):
            headings[kind] = (
                f'Where {one} is ahead of {other}',
                f'The largest lead of {one} over {other} in mean best IoU '
                'first.',
            )
    return headings
