"""The page of a round of self-training: what it kept, and how it trains."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.labels import LabelStore

from .label_report import statistics_rows, write_label_report
from .page.charts import LineChart
from .page.report import ReportSection, ReportTable

Curves = Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]]


def merge_counts(
    before: LabelStore,
    predicted: LabelStore,
    merged: LabelStore,
    score_thr: float,
) -> dict[str, int]:
    """What a merge kept and dropped, without reading a mask.

    Args:
        before (LabelStore): Labels of the round before.
        predicted (LabelStore): The detector's masks.
        merged (LabelStore): The result.
        score_thr (float): Predictions with a higher score were kept.

    Returns:
        dict[str, int]: ``predictions kept`` and ``below the score``,
        ``labels before that stay`` and ``covered by a prediction``.
    """
    scores = [part.scores for part in predicted.instance_columns()]
    found = np.concatenate(scores) if scores else np.zeros(0)
    kept = int((found > score_thr).sum())
    old = before.statistics().num_masks
    stay = merged.statistics().num_masks - kept
    return {
        'predictions kept': kept,
        'predictions below the score': len(found) - kept,
        'labels before that stay': stay,
        'labels before that a prediction covers': old - stay,
    }


def write_round_report(
    number: int,
    path: Path,
    images: str | Path,
    before: LabelStore,
    predicted: LabelStore,
    merged: LabelStore,
    entries: Sequence[Mapping[str, Any]],
    curves: Curves,
    gallery: int = 3,
) -> None:
    """Write the page of a round.

    Args:
        number (int): Of the round, from 1 on.
        path (Path): The page; what stood there is replaced.
        images (str | Path): Folder of the images.
        before (LabelStore): Labels of the round before.
        predicted (LabelStore): The detector's masks.
        merged (LabelStore): The labels of the round.
        entries (Sequence[Mapping]): Rounds as ``rounds.json`` has them.
        curves (Mapping): See :func:`mmcuts3d.engine.training_logs.read_run`.
        gallery (int): Images of each kind. Defaults to 3.
    """
    entry = next(one for one in entries if one['round'] == number)
    counts = merge_counts(before, predicted, merged, entry['score_thr'])
    columns = [
        statistics_rows(store.statistics())
        for store in (before, predicted, merged)
    ]
    rows = [
        [one[0][0], *(value for _, value in one)]
        for one in zip(*columns, strict=True)
    ]
    heads = ['', 'before', 'predicted', 'this round']
    sections = [
        ReportSection(
            'The merge',
            [
                'Kept are predictions above the score threshold '
                f'{entry["score_thr"]:g}, and labels from before whose IoU '
                f'with every kept one is below {entry["iou_thr"]:g}.'
            ],
            ReportTable(
                ['masks', 'number'],
                [[name, f'{count:,}'] for name, count in counts.items()],
            ),
        ),
        ReportSection('Before and after', table=ReportTable(heads, rows)),
        _curves(entries, curves),
    ]
    settings = {
        key: str(value)
        for key, value in entry.items()
        if key not in ('statistics', 'validation')
    }
    write_label_report(
        merged,
        path,
        images,
        f'Self-training round {number}',
        settings,
        None,
        gallery,
        sections,
    )


def _curves(
    entries: Sequence[Mapping[str, Any]], curves: Curves
) -> ReportSection:
    begins = [one['begin'] for one in entries if one['begin']]
    charts = [
        LineChart(name, *curves['training'][name], begins)
        for name in ('loss', 'lr')
        if name in curves.get('training', {})
    ]
    rows = [row for one in entries for row in one['validation']]
    names = dict.fromkeys(
        name
        for row in rows
        for name in row['metrics']
        if name.endswith(('AP', 'AP50', 'mAP', 'mAP_50'))
    )
    for name in names:
        known = [
            (row['iter'], row['metrics'][name])
            for row in rows
            if isinstance(row['metrics'].get(name), (int, float))
        ]
        if known:
            charts.append(LineChart(name, *zip(*known, strict=True), begins))
    text = 'Dashed: where a round begins.'
    if not charts:
        text = 'Nothing is logged so far: the end of training adds curves.'
    return ReportSection('Training', [text], charts=charts)
