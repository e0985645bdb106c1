"""The dense CRF of an image on a device: the twin of ``cuts/crf``."""

from .lattice import Lattice
from .mean_field import ImageCRF

__all__ = ['ImageCRF', 'Lattice']
