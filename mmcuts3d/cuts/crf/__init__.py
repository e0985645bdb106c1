"""The dense CRF on the permutohedral lattice of an image."""
