"""Which layer, kind and threshold suit some images: tried, and compared."""

from .candidates import LAYERS, TAUS, Candidate, Search, make_search
from .criterion import (
    Stability,
    half_grids,
    kappa,
    repeatability,
    stability,
)
from .job import Calibration, CalibrationJob
from .rows import MEASURES, Row
from .writing import close_rows, config_lines, table_text, write_calibration

__all__ = [
    'LAYERS',
    'MEASURES',
    'TAUS',
    'Calibration',
    'CalibrationJob',
    'Candidate',
    'Row',
    'Search',
    'Stability',
    'close_rows',
    'config_lines',
    'half_grids',
    'kappa',
    'make_search',
    'repeatability',
    'stability',
    'table_text',
    'write_calibration',
]
