"""Labels that were corrected in other tools, brought back."""

from .contract import ImportFormat, ReadImage, ReadInstance
from .reading import FORMATS, find_import_format, import_labels_of

__all__ = [
    'FORMATS',
    'ImportFormat',
    'ReadImage',
    'ReadInstance',
    'find_import_format',
    'import_labels_of',
]
