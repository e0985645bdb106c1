"""A second look at an image, window by window, for small objects (ours)."""

from .second_look import SecondLook
from .windows import Window, look_windows, to_image

__all__ = ['SecondLook', 'Window', 'look_windows', 'to_image']
