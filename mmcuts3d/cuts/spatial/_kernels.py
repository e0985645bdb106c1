"""Compiled loops of the point cloud's graph (numba, on first call).

Plain single-threaded loops in a fixed order: a run repeats to the bit.
Import this module inside functions only: numba takes its time to import.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def unique_edges(
    neighbours: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The edges between points and their neighbours, each once, sorted.

    Args:
        neighbours: (n, k) int64, possibly the point itself among them.

    Returns:
        (m,) int64 each, the ends: the first below the second.
    """
    number, k = neighbours.shape
    # Of each point: neighbours above it, and points above that name it.
    counts = np.zeros(number + 1, np.int64)
    for i in range(number):
        for place in range(k):
            j = neighbours[i, place]
            if j > i:
                counts[i + 1] += 1
            elif j < i:
                counts[j + 1] += 1
    starts = np.cumsum(counts)
    ends = starts[:-1].copy()
    listed = np.empty(starts[number], np.int64)
    for i in range(number):
        for place in range(k):
            j = neighbours[i, place]
            low, high = min(i, j), max(i, j)
            if low < high:
                listed[ends[low]] = high
                ends[low] += 1
    first = np.empty(len(listed), np.int64)
    second = np.empty(len(listed), np.int64)
    count = 0
    for i in range(number):
        others = np.sort(listed[starts[i] : starts[i + 1]])
        last = -1
        for j in others:
            if j != last:
                first[count] = i
                second[count] = j
                count += 1
                last = j
    return first[:count].copy(), second[:count].copy()


@njit(cache=True)
def connected_parts(
    number: int, tails: NDArray[np.int64], heads: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Number of the connected part of each node, from 0 on in their order.

    Args:
        number: Number of nodes n.
        tails: (m,) int64.
        heads: (m,) int64.

    Returns:
        (n,) int32.
    """
    parent = np.arange(number)
    for edge in range(len(tails)):
        a, b = tails[edge], heads[edge]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:  # the least node of a part is its root
            parent[b] = a
        else:
            parent[a] = b
    labels = np.empty(number, np.int32)
    count = 0
    for node in range(number):
        root = node
        while parent[root] != root:
            root = parent[root]
        if root == node:
            labels[node] = count
            count += 1
        else:
            labels[node] = labels[root]
    return labels


@njit(cache=True)
def build_arcs(
    number: int,
    tails: NDArray[np.int64],
    heads: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """The arcs of an undirected graph, by the node where they begin.

    Args:
        number: Number of nodes n.
        tails: (m,) int64.
        heads: (m,) int64.

    Returns:
        (n + 1,) int64, where the arcs of each node begin; (2m,) int32, where
        each ends; and (m, 2) int32, the two arcs of each edge.
    """
    counts = np.zeros(number + 1, np.int64)
    for edge in range(len(tails)):
        counts[tails[edge] + 1] += 1
        counts[heads[edge] + 1] += 1
    starts = np.cumsum(counts)
    ends = starts[:-1].copy()
    to = np.empty(2 * len(tails), np.int32)
    pairs = np.empty((len(tails), 2), np.int32)
    for edge in range(len(tails)):
        a, b = tails[edge], heads[edge]
        pairs[edge, 0] = ends[a]
        to[ends[a]] = b
        ends[a] += 1
        pairs[edge, 1] = ends[b]
        to[ends[b]] = a
        ends[b] += 1
    return starts, to, pairs


@njit(cache=True)
def _distances(
    starts: NDArray[np.int64],
    to: NDArray[np.int32],
    mates: NDArray[np.int32],
    residual: NDArray[np.int64],
    is_source: NDArray[np.bool_],
    is_sink: NDArray[np.bool_],
    distance: NDArray[np.int32],
    queue: NDArray[np.int32],
) -> np.bool_:
    """Arcs from each node to the sinks, -1 for none; whether a source has.

    Nodes that are farther than the nearest source are left at -1.
    """
    distance[:] = -1
    end = 0
    for node in range(len(distance)):
        if is_sink[node]:
            distance[node] = 0
            queue[end] = node
            end += 1
    place = 0
    found = np.int32(-1)
    while place < end:
        node = queue[place]
        place += 1
        if found >= 0 and distance[node] >= found:
            break
        for arc in range(starts[node], starts[node + 1]):
            other = to[arc]
            if distance[other] < 0 and residual[mates[arc]] > 0:
                distance[other] = distance[node] + 1
                if is_source[other]:
                    found = distance[other]
                queue[end] = other
                end += 1
    return found >= 0


@njit(cache=True)
def _reached(
    starts: NDArray[np.int64],
    to: NDArray[np.int32],
    residual: NDArray[np.int64],
    is_source: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """The nodes that sources reach."""
    reached = is_source.copy()
    stack = np.empty(len(reached), np.int32)
    end = 0
    for node in range(len(reached)):
        if reached[node]:
            stack[end] = node
            end += 1
    while end:
        end -= 1
        node = stack[end]
        for arc in range(starts[node], starts[node + 1]):
            other = to[arc]
            if residual[arc] > 0 and not reached[other]:
                reached[other] = True
                stack[end] = other
                end += 1
    return reached


@njit(cache=True)
def push_flow(
    starts: NDArray[np.int64],
    to: NDArray[np.int32],
    mates: NDArray[np.int32],
    residual: NDArray[np.int64],
    is_source: NDArray[np.bool_],
    is_sink: NDArray[np.bool_],
) -> tuple[np.int64, NDArray[np.bool_]]:
    """Dinic's algorithm from the flow that is there (Dinic, 1970).

    Args:
        starts: (n + 1,) int64, see :func:`build_arcs`.
        to: (a,) int32, where each arc ends.
        mates: (a,) int32, the same edge in the other direction.
        residual: (a,) int64, what each arc can still take; changed.
        is_source: (n,) bool.
        is_sink: (n,) bool.

    Returns:
        What was pushed, and (n,) bool, the nodes that sources still reach.
    """
    number = len(starts) - 1
    distance = np.empty(number, np.int32)
    queue = np.empty(number, np.int32)
    following = np.empty(number, np.int64)
    path = np.empty(number + 1, np.int64)  # arcs from the source on
    pushed = np.int64(0)
    while _distances(
        starts, to, mates, residual, is_source, is_sink, distance, queue
    ):
        following[:] = starts[:-1]
        for source in range(number):
            if not is_source[source] or distance[source] < 0:
                continue
            length = 0
            node = source
            while True:
                if is_sink[node]:
                    least = residual[path[0]]
                    for step in range(1, length):
                        least = min(least, residual[path[step]])
                    pushed += least
                    for step in range(length - 1, -1, -1):
                        arc = path[step]
                        residual[arc] -= least
                        residual[mates[arc]] += least
                        if residual[arc] == 0:
                            length = step  # go on before the first full arc
                    node = to[mates[path[length]]]
                    continue
                arc = following[node]
                last = starts[node + 1]
                while arc < last and not (
                    residual[arc] > 0
                    and distance[to[arc]] == distance[node] - 1
                ):
                    arc += 1
                following[node] = arc
                if arc < last:
                    path[length] = arc
                    length += 1
                    node = to[arc]
                elif length:
                    length -= 1  # a dead end
                    node = to[mates[path[length]]]
                    following[node] += 1
                else:
                    break
    return pushed, _reached(starts, to, residual, is_source)
