"""VoteCut (CuVLER, Arica et al., 2024): the cuts of several networks vote."""

from .fitting import VoteFitting
from .kmeans import kmeans_1d
from .proposals import ProposalCut, Proposals
from .vote_cut import VoteCut
from .voting import Voting

__all__ = [
    'ProposalCut',
    'Proposals',
    'VoteCut',
    'VoteFitting',
    'Voting',
    'kmeans_1d',
]
