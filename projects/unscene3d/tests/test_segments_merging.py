import numpy as np
import pytest

from projects.unscene3d.unscene3d.segments import merge_nodes


def reference(edges, weights, number, k, min_size):
    """The two passes with sets of nodes, as slow as they read."""
    pieces = [{node} for node in range(number)]
    inside = {id(piece): 0.0 for piece in pieces}
    of = dict(enumerate(pieces))
    for last in (False, True):
        for index in sorted(range(len(edges)), key=lambda i: weights[i]):
            a, b = of[int(edges[index][0])], of[int(edges[index][1])]
            if a is b:
                continue
            if last:
                join = min(len(a), len(b)) < min_size
            else:
                join = weights[index] <= min(
                    inside[id(a)] + k / len(a), inside[id(b)] + k / len(b)
                )
            if join:
                a |= b
                inside[id(a)] = weights[index]
                for node in b:
                    of[node] = a
    numbers = {}
    return [numbers.setdefault(id(of[n]), len(numbers)) for n in range(number)]


def test_two_groups_by_hand():
    # 0-1-2 differ by 0.1, 3-4 by 0.2, and the groups by 0.9. With k = 0.5:
    # 0.1 <= 0.5 joins 0-1; 0.1 <= min(0.1 + 0.5/2, 0.5) joins 2;
    # 0.2 <= 0.5 joins 3-4; 0.9 > min(0.1 + 0.5/3, 0.2 + 0.5/2) does not.
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    weights = np.array([0.1, 0.1, 0.9, 0.2])
    assert merge_nodes(edges, weights, 5, 0.5, 1).tolist() == [0, 0, 0, 1, 1]
    # min(0.1 + 2.1/3, 0.2 + 2.1/2) = 0.8 < 0.9 = min(0.1 + 2.4/3, ...).
    assert merge_nodes(edges, weights, 5, 2.1, 1).tolist() == [0, 0, 0, 1, 1]
    assert merge_nodes(edges, weights, 5, 2.4001, 1).tolist() == [0] * 5


def test_the_bound_falls_as_a_piece_grows():
    # Equal steps of 0.1 along a chain: with k = 0.1 two nodes join (0.1 <=
    # 0.1), then 0.1 <= 0.1 + 0.05 joins each next, since Int is 0.1 already.
    edges = np.stack([np.arange(5), np.arange(1, 6)], axis=1)
    assert merge_nodes(edges, np.full(5, 0.1), 6, 0.1, 1).tolist() == [0] * 6
    assert merge_nodes(edges, np.full(5, 0.1), 6, 0.09, 1).tolist() == list(
        range(6)
    )
    # Steps that grow: Int of the chain stays behind.
    steps = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    assert merge_nodes(edges, steps, 6, 0.2, 1).tolist() == [
        *(0, 0, 0),
        *(1, 2, 3),
    ]


def test_small_pieces_join_the_cheapest_neighbour():
    # Node 2 is alone between two pairs; 0.6 is less than 0.7.
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    weights = np.array([0.0, 0.7, 0.6, 0.0])
    assert merge_nodes(edges, weights, 5, 0.1, 1).tolist() == [0, 0, 1, 2, 2]
    assert merge_nodes(edges, weights, 5, 0.1, 2).tolist() == [0, 0, 1, 1, 1]


def test_a_small_piece_without_neighbours_stays():
    edges = np.array([[0, 1], [1, 2]])
    pieces = merge_nodes(edges, np.zeros(2), 5, 0.1, 50)
    assert pieces.tolist() == [0, 0, 0, 1, 2]


def test_no_edges():
    pieces = merge_nodes(np.zeros((0, 2), int), np.zeros(0), 3, 1.0, 5)
    assert pieces.tolist() == [0, 1, 2]


@pytest.mark.parametrize('seed', range(20))
def test_random_graphs_equal_the_reference(seed):
    rng = np.random.default_rng(seed)
    number = int(rng.integers(2, 60))
    edges = rng.integers(0, number, (int(rng.integers(1, 200)), 2))
    weights = rng.random(len(edges))
    if seed % 2:
        weights = np.round(weights, 1)  # many ties, taken in order
    k, least = rng.choice([0.01, 0.1, 0.5, 2]), int(rng.integers(1, 12))
    expected = reference(edges, weights, number, k, least)
    assert merge_nodes(edges, weights, number, k, least).tolist() == expected


@pytest.mark.parametrize('seed', range(5))
def test_the_order_of_edges_counts_for_ties_only(seed):
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, 80, (300, 2))
    weights = rng.permutation(300) / 300
    order = rng.permutation(300)
    first = merge_nodes(edges, weights, 80, 0.3, 4)
    second = merge_nodes(edges[order], weights[order], 80, 0.3, 4)
    assert first.tolist() == second.tolist()
