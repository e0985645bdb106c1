"""Compiled loops of the permutohedral lattice (numba, on first call).

Plain single-threaded loops in a fixed order: a run repeats to the bit.
Import this module inside functions only: numba takes its time to import.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Masks that are filtered together: with more, the lattice would not fit into
#: the second cache.
LANES = 2


@njit(cache=True)
def simplices(
    points: NDArray[np.float32],
    scale: NDArray[np.float32],
    places: NDArray[np.uint64],
    corner_code: np.uint64,
) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The enclosing simplex of each point (Adams et al., 2010, Sec. 3.1).

    A vertex is named by a code, the sum of its first d coordinates times
    `places`; the last coordinate follows from the others.

    Args:
        points: (P, d) float32.
        scale: (d,) float32, of the coordinates in the hyperplane.
        places: (d,) uint64, what a step in a coordinate adds to a code.
        corner_code: Code of the origin.

    Returns:
        (P, d + 1) uint64, codes of the vertices, and (P, d + 1) float32, the
        barycentric weights.
    """
    count, dim = points.shape
    codes = np.empty((count, dim + 1), np.uint64)
    weights = np.empty((count, dim + 1), np.float32)
    raised = np.empty(dim + 1, np.float32)
    base = np.empty(dim + 1, np.int64)
    rank = np.empty(dim + 1, np.int64)
    bary = np.empty(dim + 2, np.float32)
    side = dim + 1
    # What a vertex adds to a code when one coordinate falls by a side; the
    # last coordinate is in no code.
    falls = np.zeros(side, np.uint64)
    together = np.uint64(0)
    for i in range(dim):
        falls[i] = np.uint64(side) * places[i]
        together += places[i]
    by_rank = np.empty(side, np.int64)
    for p in range(count):
        total = np.float32(0)
        for j in range(dim, 0, -1):
            step = points[p, j - 1] * scale[j - 1]
            raised[j] = total - np.float32(j) * step
            total += step
        raised[0] = total
        excess = np.int64(0)
        for i in range(side):
            nearest = np.int64(np.floor(raised[i] / side + np.float32(0.5)))
            base[i] = nearest * side
            excess += nearest
            rank[i] = 0
        for i in range(dim):
            mine = raised[i] - base[i]
            for j in range(i + 1, side):
                below = np.int64(mine < raised[j] - base[j])
                rank[i] += below
                rank[j] += 1 - below
        for i in range(side):  # back into the hyperplane
            rank[i] += excess
            if rank[i] < 0:
                rank[i] += side
                base[i] += side
            elif rank[i] > dim:
                rank[i] -= side
                base[i] -= side
        for i in range(dim + 2):
            bary[i] = 0
        for i in range(side):
            share = (raised[i] - base[i]) / np.float32(side)
            bary[dim - rank[i]] += share
            bary[dim + 1 - rank[i]] -= share
        bary[0] += np.float32(1) + bary[dim + 1]
        code = corner_code
        for i in range(side):
            by_rank[rank[i]] = i
            if i < dim:  # wraps around as two's complement does, and back
                code += np.uint64(base[i]) * places[i]
        for k in range(side):
            weights[p, k] = bary[k]
            codes[p, k] = code
            # To the next vertex the coordinate of the next rank falls.
            code += together - falls[by_rank[dim - k]]
    return codes, weights


@njit(cache=True)
def _slot(table: Any, code: Any) -> Any:
    """Where a code stands in the hash table, or the free slot for it."""
    last = np.int64(len(table) - 1)
    mixed = code * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed >> np.uint64(32)) & last
    while table[slot, 1] != 0 and table[slot, 0] != code:
        slot = (slot + 1) & last
    return slot


@njit(cache=True)
def _grown(table: Any) -> Any:
    """The hash table, twice as large."""
    larger = np.zeros((2 * len(table), 2), np.uint64)
    for slot in range(len(table)):
        if table[slot, 1] != 0:
            larger[_slot(larger, table[slot, 0])] = table[slot]
    return larger


@njit(cache=True)
def number_vertices(
    codes: NDArray[np.uint64],
) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Number the vertices in the order of their first use.

    Neighbouring pixels then find their vertices close together.

    Args:
        codes: (P, C) uint64, see :func:`simplices`.

    Returns:
        (P, C) int32, numbers from 0 on, and (M,) uint64, their codes.
    """
    table = np.zeros((1 << 16, 2), np.uint64)  # code, number + 1
    numbers = np.empty(codes.shape, np.int32)
    count = 0
    for p in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            # Points side by side often share a vertex, and then its place.
            if p > 0 and codes[p, k] == codes[p - 1, k]:
                numbers[p, k] = numbers[p - 1, k]
                continue
            slot = _slot(table, codes[p, k])
            if table[slot, 1] == 0:
                count += 1
                table[slot, 0] = codes[p, k]
                table[slot, 1] = count
                numbers[p, k] = count - 1
                if 2 * count > len(table):
                    table = _grown(table)
            else:
                numbers[p, k] = np.int32(table[slot, 1]) - 1
    names = np.empty(count, np.uint64)
    for slot in range(len(table)):
        if table[slot, 1] != 0:
            names[np.int64(table[slot, 1]) - 1] = table[slot, 0]
    return numbers, names


@njit(cache=True)
def line_up(
    names: NDArray[np.uint64],
    order: NDArray[np.int64],
    steps: NDArray[np.uint64],
) -> NDArray[np.int32]:
    """The chains of neighbours along each axis of the lattice.

    Args:
        names: (M,) uint64, codes of the vertices.
        order: (M,) int64, that sorts them.
        steps: (A,) uint64, the difference of the codes of two neighbours
            along each axis.

    Returns:
        (L,) int32, chain after chain, axis after axis, before and after
        each a vertex that is none, M; a vertex without neighbours is in no
        chain.
    """
    count = len(names)
    ranked = names[order]
    chains = np.empty(2 * count * len(steps) + 1, np.int32)
    chains[0] = count
    ahead = np.empty(count, np.int32)
    first = np.empty(count, np.bool_)
    end = 1
    for axis in range(len(steps)):
        first[:] = True
        other = 0
        for place in range(count):  # both walk the sorted codes once
            wanted = ranked[place] + steps[axis]
            while other < count and ranked[other] < wanted:
                other += 1
            if other < count and ranked[other] == wanted:
                ahead[order[place]] = order[other]
                first[order[other]] = False
            else:
                ahead[order[place]] = -1
        for v in range(count):
            if first[v] and ahead[v] >= 0:
                link = np.int32(v)
                while link >= 0:
                    chains[end] = link
                    end += 1
                    link = ahead[link]
                chains[end] = count
                end += 1
    return chains[:end].copy()


@njit(cache=True)
def lattice_filter(
    values: NDArray[np.float32],
    vertices: NDArray[np.int32],
    weights: NDArray[np.float32],
    chains: NDArray[np.int32],
    count: int,
    filtered: NDArray[np.float32],
    gain: np.float32,
) -> None:
    """Splat, blur along each axis, slice (Adams et al., 2010, Sec. 3).

    Args:
        values: (P, 2) float32.
        vertices: (P, C) int32.
        weights: (P, C) float32.
        chains: (L,) int32, see :func:`line_up`.
        count: M, the number of vertices.
        filtered: (P, 2) float32, to which the result times `gain` is added.
        gain: Factor.
    """
    pixels, corners = vertices.shape
    grid = np.zeros((count + 1, LANES), np.float32)  # the last stays 0
    for p in range(pixels):
        a, b = values[p, 0], values[p, 1]
        for k in range(corners):
            v, w = vertices[p, k], weights[p, k]
            grid[v, 0] += w * a
            grid[v, 1] += w * b
    half, zero = np.float32(0.5), np.float32(0)
    # In place: along a chain only the old value before is needed. Without a
    # branch, for the processor cannot guess where chains end.
    a = b = zero
    v = np.int64(count)
    c, d = zero, zero
    for n in range(1, len(chains)):
        u = np.int64(chains[n])
        e, f = grid[u, 0], grid[u, 1]
        share = half if v != count else zero
        grid[v, 0] = c + share * (a + e)
        grid[v, 1] = d + share * (b + f)
        a, b, c, d = c, d, e, f
        v = u
    for p in range(pixels):
        a = b = zero
        for k in range(corners):
            v, w = vertices[p, k], weights[p, k]
            a += w * grid[v, 0]
            b += w * grid[v, 1]
        filtered[p, 0] += gain * a
        filtered[p, 1] += gain * b


@njit(cache=True)
def update(
    signs: NDArray[np.float32],
    unary: NDArray[np.float32],
    messages: NDArray[np.float32],
    lanes: int,
) -> np.float32:
    """One mean-field step in place; clears the messages.

    Args:
        signs: (P, 2) float32 in [-1, 1], the marginal of the foreground less
            that of the background; changed.
        unary: (P, 2) float32, log-odds of the foreground.
        messages: (P, 2) float32, what the pairwise terms add to them; 0
            afterwards.
        lanes: Number of masks; the other columns stay as they are.

    Returns:
        The largest change.
    """
    largest = np.float32(0)
    two, one = np.float32(2), np.float32(1)
    for p in range(signs.shape[0]):
        for lane in range(lanes):
            logit = unary[p, lane] + messages[p, lane]
            new = two / (one + np.exp(-logit)) - one
            largest = max(largest, abs(new - signs[p, lane]))
            signs[p, lane] = new
            messages[p, lane] = 0
    return largest
