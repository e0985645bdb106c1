"""The stages of the demo: label, train, measure, and the table."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner import Runner

from mmcuts3d.engine.labeling import LabelingJob, LabelingResult, run_labeling
from mmcuts3d.evaluation import evaluate_coco, load_ground_truth
from mmcuts3d.files.json_files import read_json
from mmcuts3d.labels import label_statistics, read_labels

METRICS = ('AP50', 'AP', 'AR100')
#: From this score on a mask is drawn, and counted in the last columns; mmdet
#: draws detections from it on too.
SURE = 0.3


@dataclass(frozen=True)
class Stage:
    """One row of the table: what found instances, and where they lie."""

    title: str
    labels: Path


def label(
    config: Config, model: dict, folder: Path, checkpoint: Path | None = None
) -> LabelingResult:
    """Instances of the measured images, by a labeler or a detector.

    Args:
        config (Config): See :func:`demo_config`.
        model (dict): Config of the model.
        folder (Path): Folder of the label store.
        checkpoint (Path, optional): Weights. Defaults to None: the model has
            none.

    Returns:
        LabelingResult: What came of it.
    """
    loader = (
        config.demo.images if checkpoint is None else config.test_dataloader
    )
    return run_labeling(
        LabelingJob(
            model, loader, folder, checkpoint=checkpoint, store='jsonl'
        )
    )


def train(config: Config, folder: Path) -> list[Path]:
    """Train both rounds, or go on where a training stopped.

    Args:
        config (Config): See :func:`demo_config`.
        folder (Path): Working folder.

    Returns:
        list[Path]: Checkpoints after the labels and after self-training.
    """
    first = config.custom_hooks[0].begins[0]
    last = config.train_cfg.max_iters
    checkpoints = [folder / f'iter_{number}.pth' for number in (first, last)]
    if not all(path.is_file() for path in checkpoints):
        config = config.copy()
        config.work_dir = str(folder)
        config.resume = (folder / 'last_checkpoint').is_file()
        # Only training: the demo measures afterwards.
        for name in ('test_cfg', 'test_dataloader', 'test_evaluator'):
            config[name] = None
        config.experiment_name = f'demo_{folder.name}'
        _quiet_logger(config.experiment_name, folder)
        Runner.from_cfg(config).train()
    return checkpoints


def _quiet_logger(name: str, folder: Path) -> None:
    """Configs and lists of hooks go to the log file only.

    The runner takes a logger of its experiment's name where there is one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    logger = MMLogger.get_instance(
        name, logger_name='mmengine', log_file=str(folder / 'training.log')
    )
    for handler in logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.addFilter(lambda record: '\n' not in record.getMessage())


def measure(
    stage: Stage, ann_file: str | None, image_dir: str | None = None
) -> dict[str, Any]:
    """One row of the table.

    Args:
        stage (Stage): What to measure.
        ann_file (str, optional): COCO file of the true masks.
        image_dir (str, optional): Its image folder. Defaults to None: names
            and sizes are as the file has them.

    Returns:
        dict: ``stage``, sure masks per image and their mean score; with
        ground truth also AP50, AP and AR100 of all masks, AP of the boxes.

    Raises:
        ValueError: If there are labels of images that are not in the file.
    """
    labels = read_labels(stage.labels)
    errors = read_json(stage.labels.parent / 'errors.json')
    sure = {
        **labels,
        'annotations': [
            row for row in labels['annotations'] if row['score'] >= SURE
        ],
    }
    statistics = label_statistics(sure)
    row: dict[str, Any] = {
        'stage': stage.title,
        'masks_per_image': statistics['num_masks']
        / max(statistics['num_images'], 1),
        'mean_score': statistics['mean_score'],
        'errors': len(errors),
    }
    if ann_file is None:
        return row
    true_images, annotations = load_ground_truth(ann_file, image_dir)
    known = {image['id'] for image in true_images}
    others = [
        image['file_name']
        for image in labels['images']
        if image['id'] not in known
    ]
    if others:
        raise ValueError(
            f'Expected {stage.labels} to be labels of the images of '
            f'{ann_file}, but got {len(others)} others, such as {others[0]!r}.'
        )
    for kind, prefix, metrics in (
        ('segm', '', METRICS),
        ('bbox', 'box_', ('AP50', 'AP')),
    ):
        values = evaluate_coco(
            true_images, annotations, labels['annotations'], kind
        )
        row.update({prefix + name: values[name] for name in metrics})
    return row


def table(rows: list[dict[str, Any]], demo: Mapping[str, Any]) -> str:
    """The rows as a Markdown table, with notes.

    Args:
        rows (list[dict]): See :func:`measure`.
        demo (Mapping): With ``notes`` and ``ann_file``.

    Returns:
        str: The text.
    """
    columns = {'stage': 'stage'}
    if demo['ann_file'] is not None:
        columns.update(
            AP50='mask AP50',
            AP='mask AP',
            AR100='mask AR100',
            box_AP50='box AP50',
            box_AP='box AP',
        )
    columns.update(
        masks_per_image=f'masks/image, score ≥ {SURE}',
        mean_score='their mean score',
    )
    lines = [
        '| ' + ' | '.join(columns.values()) + ' |',
        '|---' + '|---:' * (len(columns) - 1) + '|',
    ]
    for row in rows:
        cells = [_cell(name, row[name]) for name in columns]
        lines.append('| ' + ' | '.join(cells) + ' |')
    notes = list(demo['notes'])
    errors = max(row['errors'] for row in rows)
    if errors:
        notes.append(f'{errors} images failed, see errors.json.')
    return '\n'.join([*lines, '', *notes])


def _cell(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    return f'{value:.2f}' if name == 'mean_score' else f'{value:.1f}'
