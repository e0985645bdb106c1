"""Self-supervised features for unsupervised instance segmentation."""

from . import labeler, proposals, training

__all__ = ['labeler', 'proposals', 'training']
