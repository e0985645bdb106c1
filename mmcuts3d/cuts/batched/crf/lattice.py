"""The permutohedral lattice in torch: the twin of ``cuts/crf/lattice.py``.

The same vertices and weights. Splat and slice are sums of bags of weighted
rows (``embedding_bag``), the blur gathers neighbours. Each sum is added up
in one fixed order by one thread, on a CPU and on a GPU, so that a run repeats
to the bit on its device; two devices differ by rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from ...crf.lattice import Numbering

#: Rows of a table, weighted and added up, bag by bag.
_sums = partial(embedding_bag, mode='sum')


@dataclass(frozen=True)
class Lattice:
    """A lattice that is made once and filters many times.

    V vertices, and one after the last that stands for a neighbour that is
    not there: its values are 0. A point has a share in each vertex of its
    simplex.

    Attributes:
        vertices: (P, d + 1) int32, of the simplex of each point.
        weights: (P, d + 1) float32, barycentric, normalised.
        points: (P * (d + 1),) int32, the points that have a share in each
            vertex, vertex by vertex, in their order.
        shares: (P * (d + 1),) float32, their weights.
        first: (V + 1,) int32, where the shares of each vertex begin.
        ahead: (d + 1, V + 1) int32, the next vertex along each axis.
        behind: (d + 1, V + 1) int32, the one before.
    """

    vertices: Tensor
    weights: Tensor
    points: Tensor
    shares: Tensor
    first: Tensor
    ahead: Tensor
    behind: Tensor

    @classmethod
    def of(cls, points: Tensor) -> Lattice:
        """The lattice of points (P, d), in units of the Gaussian's width.

        Raises:
            ValueError: If the points spread too far to be numbered.
        """
        extents = points.abs().amax(dim=0)
        numbering = Numbering.of(extents.cpu().numpy())
        codes, weights = simplices(points, numbering)
        shape = codes.shape
        # Stable: the shares in a vertex keep the order of their points.
        codes, order = torch.sort(codes.flatten(), stable=True)
        names, inverse, counts = torch.unique_consecutive(
            codes, return_inverse=True, return_counts=True
        )
        vertices = torch.empty_like(inverse)
        vertices[order] = inverse
        ends = counts.cumsum(dim=0)
        ahead, behind = line_up(names, numbering.steps)
        lattice = cls(
            vertices=vertices.int().reshape(shape),
            weights=weights,
            points=(order // shape[1]).int(),
            shares=weights.flatten()[order],
            # An empty bag at the end: the vertex that is not there.
            first=torch.cat([ends.new_zeros(1), ends]).int(),
            ahead=ahead,
            behind=behind,
        )
        ones = weights.new_ones((len(points), 1))
        root = lattice.filter(ones).clamp(min=1e-20).sqrt()
        weights = weights / root
        return replace(
            lattice, weights=weights, shares=weights.flatten()[order]
        )

    def filter(self, values: Tensor) -> Tensor:
        """Filter values (P, C), each channel alone."""
        grid = _sums(
            self.points, values, self.first, per_sample_weights=self.shares
        )
        for ahead, behind in zip(self.ahead, self.behind, strict=True):
            both = grid.index_select(0, behind)
            both += grid.index_select(0, ahead)
            grid.add_(both, alpha=0.5)
        return _sums(self.vertices, grid, per_sample_weights=self.weights)


def simplices(points: Tensor, numbering: Numbering) -> tuple[Tensor, Tensor]:
    """The enclosing simplex of each point (Adams et al., 2010, Sec. 3.1).

    Args:
        points: (P, d) float32.
        numbering: Of the vertices.

    Returns:
        (P, d + 1) int64, codes of the vertices less that of the origin, so
        that they are signed, and (P, d + 1) float32, barycentric weights.
    """
    count, dim = points.shape
    side = dim + 1
    raised = points.new_empty((count, side))
    total = torch.zeros_like(points[:, 0])
    for j in range(dim, 0, -1):
        step = points[:, j - 1] * float(numbering.scale[j - 1])
        raised[:, j] = total - j * step
        total = total + step
    raised[:, 0] = total
    raised = raised.double()  # as the reference subtracts whole numbers
    nearest = torch.floor(raised / side + 0.5)
    excess = nearest.sum(dim=1, keepdim=True)
    base = nearest * side
    # How many coordinates lie farther above their base; of equals the first.
    above = raised - base
    order = above.argsort(dim=1, descending=True, stable=True)
    rank = torch.empty_like(order)
    places = torch.arange(side, device=points.device).expand_as(order)
    rank.scatter_(1, order, places)
    rank += excess.long()  # back into the hyperplane
    turn = (rank < 0).long() - (rank > dim).long()
    rank += turn * side
    base += turn * side
    share = ((raised - base) / side).float()
    by_rank = torch.empty_like(share).scatter_(1, rank, share)
    falling = by_rank.flip(1)
    weights = falling.clone()
    weights[:, 1:] -= falling[:, :-1]
    weights[:, 0] += 1 - by_rank[:, 0]
    whole, rank = base[:, :dim].long(), rank[:, :dim]
    steps = torch.tensor(numbering.places, device=points.device)
    codes = torch.empty_like(order)
    for k in range(side):
        over = (rank > dim - k).long() * side
        codes[:, k] = ((whole + k - over) * steps).sum(dim=1)
    return codes, weights


def line_up(names: Tensor, steps: list[int]) -> tuple[Tensor, Tensor]:
    """The neighbours of each vertex along each axis of the lattice.

    Args:
        names: (V,) int64, codes of the vertices, ascending.
        steps: A numbers, the difference of the codes of two neighbours along
            each axis.

    Returns:
        (A, V + 1) int32, the vertex ahead, and the one behind; V where there
        is none.
    """
    none = len(names)
    own = torch.arange(none, device=names.device, dtype=torch.int32)
    shape = (len(steps), none + 1)
    ahead = torch.full(shape, none, device=names.device, dtype=torch.int32)
    behind = ahead.clone()
    for axis, step in enumerate(steps):
        wanted = names + step
        place = torch.searchsorted(names, wanted).clamp_(max=none - 1)
        found = torch.where(names[place] == wanted, place, none)
        ahead[axis, :none] = found
        behind[axis].scatter_(0, found, own)
        behind[axis, none] = none  # all that found nothing wrote here
    return ahead, behind
