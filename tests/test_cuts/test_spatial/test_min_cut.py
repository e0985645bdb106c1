"""Minimum cuts against networkx's dinitz, and graphs solved by hand."""

import networkx as nx
import numpy as np
import pytest
from networkx.algorithms.flow import dinitz

from mmcuts3d.cuts import min_cut
from mmcuts3d.cuts.spatial.min_cut import FlowNetwork, components


def reference(number, edges, capacities, sources, sinks):
    """Value, and the smallest source side, by networkx.

    networkx returns the smallest sink side; an undirected graph with its
    terminals exchanged gives the smallest source side.
    """
    graph = nx.Graph()
    graph.add_nodes_from(range(number))
    for (a, b), capacity in zip(edges, capacities, strict=True):
        graph.add_edge(int(a), int(b), capacity=int(capacity))
    for node in sources:
        graph.add_edge('source', int(node))  # no capacity: unlimited
    for node in sinks:
        graph.add_edge('sink', int(node))
    value, (_, near) = nx.minimum_cut(
        graph, 'sink', 'source', flow_func=dinitz
    )
    return value, near - {'source'}


def random_graph(seed, number=14, share=0.35):
    rng = np.random.default_rng(seed)
    pairs = np.argwhere(np.triu(rng.random((number, number)) < share, 1))
    # Whole numbers with 10 as the largest: exact here and in networkx.
    capacities = rng.choice([0, 1, 2, 3, 5, 10], size=len(pairs))
    capacities[0] = 10
    return pairs, capacities


@pytest.mark.parametrize('seed', range(40))
def test_equals_networkx(seed):
    edges, capacities = random_graph(seed)
    side, value = min_cut(14, edges, capacities, 0, 13)
    expected, near = reference(14, edges, capacities, [0], [13])
    assert value == pytest.approx(expected, abs=1e-9)
    assert set(np.flatnonzero(side)) == near


@pytest.mark.parametrize('seed', range(10))
def test_equals_networkx_between_sets(seed):
    edges, capacities = random_graph(100 + seed, 20, 0.3)
    terminals = [0, 4, 7], [2, 19]
    side, value = min_cut(20, edges, capacities, *terminals)
    expected, near = reference(20, edges, capacities, *terminals)
    assert value == pytest.approx(expected, abs=1e-9)
    assert set(np.flatnonzero(side)) == near


@pytest.mark.parametrize('seed', range(10))
def test_value_is_what_the_cut_edges_cost(seed):
    rng = np.random.default_rng(seed)
    edges = np.argwhere(np.triu(rng.random((30, 30)) < 0.2, 1))
    capacities = rng.random(len(edges))
    side, value = min_cut(30, edges, capacities, [0, 1], [28, 29])
    crossing = side[edges[:, 0]] != side[edges[:, 1]]
    # Each capacity is rounded to 1e-4 of the largest.
    assert value == pytest.approx(
        capacities[crossing].sum(), abs=1e-4 * crossing.sum() + 1e-12
    )


def test_chain_by_hand():
    side, value = min_cut(4, [[0, 1], [1, 2], [2, 3]], [4, 1, 2], 0, 3)
    assert side.tolist() == [True, True, False, False]
    assert value == pytest.approx(1)


def test_tie_goes_to_the_smallest_source_side():
    side, value = min_cut(4, [[0, 1], [1, 2], [2, 3]], [2, 2, 2], 0, 3)
    assert side.tolist() == [True, False, False, False]
    assert value == pytest.approx(2)


def test_flow_runs_against_the_order_of_an_edge():
    # 3 -> 2 -> 1 -> 0: every edge is named from its far end.
    side, value = min_cut(4, [[0, 1], [1, 2], [2, 3]], [1, 4, 4], 3, 0)
    assert side.tolist() == [False, True, True, True]
    assert value == pytest.approx(1)


def test_parallel_edges_add_up():
    edges = [[0, 1], [0, 1], [1, 2]]
    side, value = min_cut(3, edges, [2, 2, 3], 0, 2)
    assert side.tolist() == [True, True, False]
    assert value == pytest.approx(3, rel=1e-4)


@pytest.mark.parametrize('capacity', [1e-9, 1, 1e9])
def test_unit_of_capacities_is_free(capacity):
    edges, capacities = random_graph(3)
    plain, value = min_cut(14, edges, capacities, 0, 13)
    side, scaled = min_cut(14, edges, capacity * capacities, 0, 13)
    assert np.array_equal(side, plain)
    assert scaled == pytest.approx(capacity * value)


@pytest.mark.parametrize(
    'edges,capacities,reached',
    [
        ([[0, 1], [2, 3]], [1, 1], [True, True, False, False]),
        ([[0, 1], [1, 3]], [1, 0], [True, True, False, False]),
        ([[0, 1], [1, 3]], [0, 0], [True, False, False, False]),
        (np.zeros((0, 2)), [], [True, False, False, False]),
    ],
)
def test_no_flow(edges, capacities, reached):
    side, value = min_cut(4, edges, capacities, 0, 3)
    assert side.tolist() == reached
    assert value == 0


def test_many_strong_edges_do_not_overflow():
    number = 400
    pairs = np.argwhere(np.triu(np.ones((number, number)), 1))
    side, value = min_cut(number, pairs, np.ones(len(pairs)), 0, number - 1)
    assert side.sum() == 1
    assert value == pytest.approx(number - 1)


def test_node_named_twice_is_one_terminal():
    edges, capacities = random_graph(5)
    once = min_cut(14, edges, capacities, [0, 1], [13])
    twice = min_cut(14, edges, capacities, [0, 1, 0], [13, 13])
    assert np.array_equal(once[0], twice[0]) and once[1] == twice[1]


@pytest.mark.parametrize('seed', range(20))
def test_a_cut_goes_on_between_larger_terminals(seed):
    edges, capacities = random_graph(200 + seed, 24, 0.25)
    network = FlowNetwork(24, edges, capacities.astype(float))
    grown = ([0], [23]), ([0, 3], [23]), ([0, 3, 7], [22, 23, 11])
    for sources, sinks in grown:
        side, value = network.cut(np.array(sources), np.array(sinks))
        expected, near = reference(24, edges, capacities, sources, sinks)
        assert value == pytest.approx(expected, abs=1e-9)
        assert set(np.flatnonzero(side)) == near


@pytest.mark.parametrize('seed', range(5))
def test_components_equal_networkx(seed):
    edges, _ = random_graph(300 + seed, 60, 0.02)
    got = components(60, edges)
    graph = nx.Graph()
    graph.add_nodes_from(range(60))
    graph.add_edges_from(edges.tolist())
    parts = list(nx.connected_components(graph))
    assert len(np.unique(got)) == len(parts) == got.max() + 1
    assert all(len({got[node] for node in part}) == 1 for part in parts)


EDGES = [[0, 1], [1, 2]]


@pytest.mark.parametrize(
    'arguments,words',
    [
        ((3, EDGES, [1], 0, 2), r'one value per edge \(2\), but got .*\(1,\)'),
        ((3, EDGES, [1, -1], 0, 2), 'not negative, but got a minimum of -1'),
        ((3, EDGES, [1, np.nan], 0, 2), 'to be finite'),
        ((3, EDGES, [1, np.inf], 0, 2), 'to be finite'),
        ((2, EDGES, [1, 1], 0, 1), '`edges` to index 2 nodes, but got 0 to 2'),
        ((3, EDGES, [1, 1], 3, 2), '`sources` to index 3 nodes, but got 3'),
        ((3, EDGES, [1, 1], 0, -1), '`sinks` to index 3 nodes, but got -1'),
        ((3, EDGES, [1, 1], [], 2), 'a node each, but got 0 and 1'),
        ((3, EDGES, [1, 1], 0, []), 'a node each, but got 1 and 0'),
        ((3, EDGES, [1, 1], [0, 1], [1, 2]), r'disjoint, but got \[1\]'),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        min_cut(*arguments)
