"""Labels against ground truth: a table with intervals, and pictures."""

from .choosing import choose_images
from .measuring import ImageFigures, LabelEvaluation, evaluate_labels
from .pictures import check_photographs, draw_images
from .runs import Run, read_run
from .writing import table_text, warnings_of, write_evaluation

__all__ = [
    'ImageFigures',
    'LabelEvaluation',
    'Run',
    'check_photographs',
    'choose_images',
    'draw_images',
    'evaluate_labels',
    'read_run',
    'table_text',
    'warnings_of',
    'write_evaluation',
]
