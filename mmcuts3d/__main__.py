"""``python -m mmcuts3d``, see :mod:`mmcuts3d.cli`."""

import sys

from .cli import main

if __name__ == '__main__':
    sys.exit(main())
