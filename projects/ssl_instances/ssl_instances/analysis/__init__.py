"""How well clusters of features meet instances (paper, Sec. 3, Table 1)."""

from .images import StudyImage, StudyImages
from .job import MaskJob, SourceMasks
from .paper import PAPER_TABLE, PaperSet, paper_rows
from .recall import RecallRow, RecallTable, recall_table
from .writing import markdown_text, table_text, write_study

__all__ = [
    'PAPER_TABLE',
    'MaskJob',
    'PaperSet',
    'RecallRow',
    'RecallTable',
    'SourceMasks',
    'StudyImage',
    'StudyImages',
    'markdown_text',
    'paper_rows',
    'recall_table',
    'table_text',
    'write_study',
]
