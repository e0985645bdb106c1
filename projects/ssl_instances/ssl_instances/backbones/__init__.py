"""Feature sources by name: the core's networks, and what stands in."""

from .sources import (
    STAND_INS,
    Source,
    find_source,
    find_sources,
    source_names,
)
from .table import sources_table, sources_text

__all__ = [
    'STAND_INS',
    'Source',
    'find_source',
    'find_sources',
    'source_names',
    'sources_table',
    'sources_text',
]
