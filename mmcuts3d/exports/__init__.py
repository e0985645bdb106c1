"""Labels in the form of other tools: LabelMe, CVAT, YOLO and more."""

from .contract import ExportedImage, ExportedInstance, ExportFormat
from .detections import to_detections
from .running import FORMATS, ExportSummary, export_store, find_format

__all__ = [
    'FORMATS',
    'ExportFormat',
    'ExportSummary',
    'ExportedImage',
    'ExportedInstance',
    'export_store',
    'find_format',
    'to_detections',
]
