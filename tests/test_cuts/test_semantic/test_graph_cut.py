"""Masked normalized cut on graphs that lie on no grid."""

import numpy as np
import pytest
from scipy.linalg import eigh

from mmcuts3d.cuts import GraphCut, MaskCut, affinity, edge_connectivity

EASY = {'min_nodes': 1, 'max_foreground': 0.5}


def groups(sizes, weak=0.0):
    """Similarity of nodes in groups, and the edges of a path through all."""
    kind = np.repeat(np.arange(len(sizes)), sizes)
    similarity = np.where(kind[:, None] == kind, 1.0, weak)
    path = np.stack([np.arange(len(kind) - 1), np.arange(1, len(kind))], 1)
    return kind, similarity, path


def test_groups_come_one_after_the_other():
    kind, similarity, path = groups([12, 5, 4, 3])
    inside = path[kind[path[:, 0]] == kind[path[:, 1]]]
    found = GraphCut(**EASY)(similarity, inside)
    # The last group is alone: no cut parts it.
    assert len(found) == 3
    for mask in found.masks:
        assert len(set(kind[mask])) == 1
        assert np.array_equal(mask, kind == kind[mask][0])
    assert found.masks.sum(axis=0).max() == 1
    assert found.steps[-1].status == 'no structure'
    # Groups that touch and were cut off together stay together.
    both = GraphCut(**EASY)(similarity, path)
    assert [set(kind[mask]) for mask in both.masks] == [{1, 2, 3}]


def test_a_side_of_more_than_half_is_background():
    kind, similarity, path = groups([20, 6])
    found = GraphCut(**EASY, num_instances=1)(similarity, path)
    assert np.array_equal(found.masks[0], kind == 1)
    # Within 80 % either side is allowed; LAPACK's sign decides.
    found = GraphCut(min_nodes=1, max_foreground=0.8, num_instances=1)(
        similarity, path
    )
    assert set(kind[found.masks[0]]) in ({0}, {1})


def test_what_looks_alike_and_does_not_touch_is_parted():
    kind, similarity, path = groups([20, 8])
    far = path[~((path == 24).any(axis=1))]  # node 24 leaves the path
    found = GraphCut(**EASY, num_instances=1)(similarity, far)
    part = set(np.flatnonzero(found.masks[0]))
    assert part in ({20, 21, 22, 23}, {24}, {25, 26, 27})
    whole = GraphCut(**EASY, num_instances=1, separation='none')(
        similarity, far
    )
    assert np.array_equal(whole.masks[0], kind == 1)


@pytest.mark.parametrize('separation', ['largest', 'mean'])
def test_which_part(separation):
    _, similarity, path = groups([20, 8])
    far = path[~((path == 24).any(axis=1))]
    sizes = np.ones(28)
    sizes[24] = 50
    found = GraphCut(**EASY, num_instances=1, separation=separation)(
        similarity, far, sizes
    )
    part = np.flatnonzero(found.masks[0]).tolist()
    if separation == 'largest':
        assert part == [24]
    else:
        assert part in ([20, 21, 22, 23], [24], [25, 26, 27])


def test_small_foregrounds_are_no_instances():
    kind, similarity, path = groups([30, 20, 4])
    inside = path[kind[path[:, 0]] == kind[path[:, 1]]]
    found = GraphCut(min_nodes=8)(similarity, inside)
    everything = GraphCut(min_nodes=1)(similarity, inside)
    small = [set(kind[m]) for m in everything.masks if m.sum() < 8]
    assert small == [{2}]
    kept = [m.tolist() for m in everything.masks if m.sum() >= 8]
    assert found.masks.tolist() == kept
    statuses = [step.status for step in found.steps]
    assert 'too small' in statuses
    ended = GraphCut(min_nodes=8, rejected='stop')(similarity, inside)
    number = statuses.index('too small') + 1
    assert [step.status for step in ended.steps] == statuses[:number]


@pytest.mark.parametrize('removal', ['exclude', 'delete', 'zero'])
def test_graph_without_structure_has_no_instance(removal):
    cut = GraphCut(**EASY, removal=removal)
    for similarity in (np.ones((6, 6)), np.eye(6)):
        found = cut(similarity, np.zeros((0, 2), int))
        assert len(found) == 0 and found.masks.shape == (0, 6)
    assert len(cut([[1.0]], np.zeros((0, 2), int))) == 0


@pytest.mark.parametrize('seed', range(8))
def test_as_algorithm_1_step_by_step(seed):
    """Against the paper's algorithm, written down with a dense solver."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(3, 4))[rng.integers(0, 3, 40)]
    features = features + 0.3 * rng.normal(size=features.shape)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    edges = np.array([(i, i + d) for i in range(36) for d in (1, 4)])
    cut = GraphCut(tau=0.65, min_nodes=1, num_instances=4, removal='exclude')
    found = cut(unit @ unit.T, edges)
    left = unit.copy()
    gone = np.zeros(40, bool)
    for step, mask in enumerate(found.masks):
        weights = np.where(left @ left.T > 0.65, 1.0, 1e-5)
        degrees = np.diag(weights.sum(1))
        values, vectors = eigh(
            degrees - weights, degrees, subset_by_index=[1, 2]
        )
        # Two equal eigenvalues: any vector between their two is the second.
        if values[1] - values[0] < 1e-6 * values[1]:
            assert step == 3
            break
        x = vectors[:, 0]
        side = x > x.mean()
        if side.sum() > 20:
            x, side = -x, ~side
        side &= ~gone
        # Of equal values, up to rounding, the first.
        top = x[side].max() - 1e-6 * np.abs(x[side]).max()
        seed_node = np.flatnonzero(side & (x >= top))[0]
        part, grown = {seed_node}, -1
        while grown != len(part):
            grown = len(part)
            for a, b in edges:
                if side[a] and side[b] and ({a, b} & part):
                    part |= {a, b}
        assert set(np.flatnonzero(mask)) == part
        gone[list(part)] = True
        left[list(part)] = 0
    assert len(found) == 4


def test_a_grid_is_a_graph_too():
    """MaskCut's first mask, where no corner rule has a say."""
    rng = np.random.default_rng(0)
    kinds = np.zeros((8, 9), int)
    kinds[2:5, 3:7] = 1
    features = np.eye(6)[kinds].transpose(2, 0, 1)
    features = features + 0.05 * rng.normal(size=features.shape)
    index = np.arange(72).reshape(8, 9)
    across = np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], 1)
    down = np.stack([index[:-1].ravel(), index[1:].ravel()], 1)
    edges = np.concatenate([across, down])
    cut = GraphCut(tau=0.15, num_instances=1)
    found = cut(affinity(features), edges)
    first = MaskCut(num_instances=1).steps(features)[0].semantic_mask
    assert np.array_equal(found.masks[0].reshape(8, 9), first)


def test_parts_of_edges():
    connected = edge_connectivity([[0, 1], [3, 2], [2, 4]], 6)
    labels = connected(np.array([1, 1, 0, 1, 1, 1], bool))
    assert labels[2] == 0
    assert labels[0] == labels[1]
    assert len(set(labels[[0, 3, 4, 5]])) == 4


@pytest.mark.parametrize(
    'arguments,words',
    [
        (([[1, 0], [0, 1]], [[0, 2]]), 'nodes 0 to 1, but got 0 to 2'),
        (([[1, 0], [0, 1]], [0, 1]), r'\(e, 2\).*shape \(2,\)'),
        (([[1, 0, 0], [0, 1, 0]], [[0, 1]]), 'square'),
        (([[1, 0], [0, np.nan]], [[0, 1]]), 'finite'),
        (([[1, 0], [0, 1]], [[0, 1]], [1]), r'`sizes` to be \(2,\)'),
    ],
)
def test_what_is_no_graph_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        GraphCut()(*arguments)


@pytest.mark.parametrize(
    'setting',
    [
        {'tau': 1.5},
        {'max_foreground': 0},
        {'min_nodes': 0},
        {'separation': 'max'},
        {'removal': 'forget'},
        {'rejected': 'ignore'},
    ],
)
def test_settings_out_of_range(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        GraphCut(**setting)
