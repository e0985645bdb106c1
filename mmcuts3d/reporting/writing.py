"""The folder that an evaluation leaves behind."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from .measuring import LabelEvaluation
from .report import (
    ReportPicture,
    ReportSection,
    html_report,
    markdown_table,
)
from .tables import (
    evaluation_to_dict,
    figures_to_csv,
    images_to_csv,
    tables_of,
)

_ORDER = 'by the mean over its instances of the best IoU with any prediction'


def table_text(evaluation: LabelEvaluation) -> str:
    """Both tables as Markdown.

    Args:
        evaluation (LabelEvaluation): What was measured.

    Returns:
        str: The text.
    """
    main, others = (markdown_table(t) for t in tables_of(evaluation))
    warnings = ''.join(f'{line}\n\n' for line in warnings_of(evaluation))
    return f'{warnings}{main}\n\nFurther measures:\n\n{others}\n'


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


def write_evaluation(
    evaluation: LabelEvaluation,
    out_dir: str | Path,
    pictures: Mapping[str, Sequence[ReportPicture]],
    settings: Mapping[str, str],
    title: str,
) -> Path:
    """Write tables, data and report.

    Args:
        evaluation (LabelEvaluation): What was measured.
        out_dir (str | Path): Folder, made if missing.
        pictures (Mapping): Kind (see
            :func:`~.choosing.choose_images`) to pictures.
        settings (Mapping[str, str]): Shown in the report.
        title (str): Of the report.

    Returns:
        Path: The report.
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    content = evaluation_to_dict(evaluation, dict(settings))
    report = html_report(
        title,
        _sections(evaluation, pictures, settings),
        [_lead(evaluation)],
        warnings_of(evaluation),
    )
    for name, text in (
        ('evaluation.md', table_text(evaluation)),
        ('evaluation.csv', figures_to_csv(evaluation)),
        ('images.csv', images_to_csv(evaluation)),
        ('evaluation.json', json.dumps(content, indent=1) + '\n'),
        ('report.html', report),
    ):
        (out / name).write_text(text, encoding='utf-8')
    return out / 'report.html'


def _lead(evaluation: LabelEvaluation) -> str:
    number = sum(image.num_instances for image in evaluation.images)
    runs = ', '.join(
        f'{run.name} ({len(run.predictions)} '
        f'{"masks" if run.has_masks else "boxes"})'
        for run in evaluation.runs
    )
    return (
        f'{runs} against {number} instances in {len(evaluation.images)} '
        'images. Class-agnostic: the kind of an object plays no part.'
    )


def _sections(
    evaluation: LabelEvaluation,
    pictures: Mapping[str, Sequence[ReportPicture]],
    settings: Mapping[str, str],
) -> list[ReportSection]:
    main, others = tables_of(evaluation)
    headings = _headings(evaluation)
    sections = [ReportSection('Main measures', table=main)]
    for kind, chosen in pictures.items():
        heading, text = headings[kind]
        sections.append(ReportSection(heading, [text], pictures=chosen))
    sections.append(ReportSection('Further measures', table=others))
    sections.append(ReportSection('Settings', settings=settings))
    return sections


def _headings(evaluation: LabelEvaluation) -> dict[str, tuple[str, str]]:
    names = [run.name for run in evaluation.runs]
    order = _ORDER
    if len(names) > 1:
        order += ', averaged over both runs'
    colors = 'The colours of boxes only tell them apart.'
    if 'segm' in evaluation.iou_types:
        colors = (
            'A mask has the colour of the instance that it meets best. Other '
            'colours: masks that meet none, or one that another meets better.'
        )
    headings = {
        'best': ('Best images', f'The best first, {order}. {colors}'),
        'median': ('Median images', f'From the middle, {order}.'),
        'worst': ('Worst images', f'The worst first, {order}.'),
    }
    if len(names) > 1:
        for kind, one, other in (
            ('first', *names),
            ('second', *reversed(names)),
        ):
            headings[kind] = (
                f'Where {one} is ahead of {other}',
                f'By the lead in mean best IoU of {one} over {other}.',
            )
    return headings
