"""The dense CRF on the permutohedral lattice of an image."""

from .lattice import Lattice
from .mean_field import ImageCRF

__all__ = ['ImageCRF', 'Lattice']
