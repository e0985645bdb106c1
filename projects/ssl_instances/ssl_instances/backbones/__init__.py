"""Feature sources by name: the core's networks, and what stands in."""

from .sources import STAND_INS, Source, find_source, source_names
from .table import sources_table

__all__ = [
    'STAND_INS',
    'Source',
    'find_source',
    'source_names',
    'sources_table',
]
