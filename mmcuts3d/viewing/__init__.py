"""One cut to look at: a window, pictures, a page, a recording."""

from .cut_view import CutView
from .recut import CutMaps

__all__ = ['CutMaps', 'CutView']
