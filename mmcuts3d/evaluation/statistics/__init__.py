"""Declarations of measures, and the statistics that values come from.

Everything is counted once, image by image. A value is computed of these
statistics with each image taken once; the bootstrap computes it of the same
statistics with images taken as they were drawn.
"""

from .coco import AREAS, CocoMatches, CocoMeasure, CocoStatistics
from .measure import Measure, Unit
from .ratio import RatioStatistics
from .samples import SampleStatistics

__all__ = [
    'AREAS',
    'CocoMatches',
    'CocoMeasure',
    'CocoStatistics',
    'Measure',
    'RatioStatistics',
    'SampleStatistics',
    'Unit',
]
