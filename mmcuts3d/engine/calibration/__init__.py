"""Which layer, kind and threshold suit some images: tried, and compared."""

from .candidates import LAYERS, TAUS, Candidate, Search, make_search
from .criterion import kappa, repeatability
from .job import Calibration, CalibrationJob
from .rows import MEASURES, Row
from .writing import config_lines, table_text, write_calibration

__all__ = [
    'LAYERS',
    'MEASURES',
    'TAUS',
    'Calibration',
    'CalibrationJob',
    'Candidate',
    'Row',
    'Search',
    'config_lines',
    'kappa',
    'make_search',
    'repeatability',
    'table_text',
    'write_calibration',
]
