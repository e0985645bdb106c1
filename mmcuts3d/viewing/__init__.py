"""One cut to look at: a window, pictures, a page, a recording."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from .cut_view import CutView
from .movie import check_movie, save_movie
from .recording import rerun_module, save_recording
from .recut import CutMaps
from .view_state import ViewState
from .web_page import save_web_page
from .window import open_window

__all__ = [
    'CutMaps',
    'CutView',
    'ViewState',
    'check_movie',
    'open_window',
    'rerun_module',
    'save_movie',
    'save_recording',
    'save_web_page',
]
