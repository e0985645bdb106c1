"""Rows of the paper's tables: small differences, put over a base and run."""

from .composing import compose, scale_config
from .rows import Row, find_rows, read_row
from .running import Run, run_all
from .table import table_of

__all__ = [
    'Row',
    'Run',
    'compose',
    'find_rows',
    'read_row',
    'run_all',
    'scale_config',
    'table_of',
]
