"""Labels against ground truth: tables with intervals, and pictures."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from .choosing import choose_images
from .measuring import ImageMetrics, LabelEvaluation, evaluate_labels
from .pictures import Pictures, check_images, draw_images
from .runs import Run, read_run
from .writing import (
    table_text,
    warnings_of,
    write_report,
    write_tables,
)

__all__ = [
    'ImageMetrics',
    'LabelEvaluation',
    'Pictures',
    'Run',
    'check_images',
    'choose_images',
    'draw_images',
    'evaluate_labels',
    'read_run',
    'table_text',
    'warnings_of',
    'write_report',
    'write_tables',
]
