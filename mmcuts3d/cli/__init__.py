"""The command line: one word for each thing that users do.

``python -m mmcuts3d label`` is ``python tools/generate_pseudo_labels.py``:
commands that have a tool run that very file.
"""

from .commands import COMMANDS, main

__all__ = ['COMMANDS', 'main']
