"""The head and its probes."""

import pytest
import torch

from projects.depthg.depthg.models import (
    ClusterProbe,
    LinearProbe,
    StegoHead,
)


def test_head_is_a_linear_map_and_a_hidden_layer():
    torch.manual_seed(0)
    head = StegoHead(5, 3).eval()
    features = torch.rand(2, 5, 2, 2)
    flat = features.permute(0, 2, 3, 1)
    first, _, second = head.nonlinear
    hidden = flat @ first.weight[..., 0, 0].T + first.bias
    wanted = (
        flat @ head.linear.weight[..., 0, 0].T
        + head.linear.bias
        + hidden.clamp_min(0) @ second.weight[..., 0, 0].T
        + second.bias
    )
    found = head(features).permute(0, 2, 3, 1)
    assert torch.allclose(found, wanted, atol=1e-6)
    linear = StegoHead(5, 3, nonlinear=False)
    assert sum(p.numel() for p in linear.parameters()) == 18


def test_head_drops_whole_channels_in_training_only():
    head = StegoHead(64, 3, dropout=0.5)
    ones = torch.ones(1, 64, 3, 3)
    dropped = head.drop(ones)[0].flatten(1)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert (dropped == dropped[:, :1]).all()
    assert torch.equal(head.eval().drop(ones), ones)


def test_clusters_are_nearest_by_cosine():
    probe = ClusterProbe(2, 3)
    probe.centres.data = torch.tensor([[3.0, 0], [0, 0.1], [-1, 0]])
    codes = torch.tensor([[5.0, 1], [0.1, 2], [-4, 1]])
    maps = codes.T.reshape(1, 2, 1, 3).requires_grad_()
    assert probe(maps).argmax(1).flatten().tolist() == [0, 1, 2]
    wanted = [
        5 / 26**0.5,
        2 / 4.01**0.5,
        4 / 17**0.5,
    ]
    loss = probe.loss(maps)
    assert float(loss.detach()) == pytest.approx(-sum(wanted) / 3, abs=1e-6)
    loss.backward()
    assert maps.grad is None  # codes are detached


def test_linear_probe_is_cross_entropy_where_known():
    torch.manual_seed(0)
    probe = LinearProbe(4, 3)
    codes = torch.rand(2, 4, 3, 3)
    labels = torch.randint(0, 3, (2, 3, 3))
    labels[0, 0] = 255
    log = probe.log_probabilities(codes)
    total = [
        -float(log[b, labels[b, i, j], i, j])
        for b in range(2)
        for i in range(3)
        for j in range(3)
        if labels[b, i, j] != 255
    ]
    found = float(probe.loss(codes, labels))
    assert found == pytest.approx(sum(total) / len(total), abs=1e-6)
    assert float(probe.loss(codes, torch.full_like(labels, 255))) == 0
    labels[1, 1, 1] = 3
    with pytest.raises(ValueError, match=r'from 0 to 2.*\[3\]'):
        probe.loss(codes, labels)


@pytest.mark.parametrize(
    ('build', 'words'),
    [
        (lambda: StegoHead(0), '`in_channels`'),
        (lambda: StegoHead(3, 0), '`code_channels`'),
        (lambda: StegoHead(3, dropout=1.0), '`dropout`'),
        (lambda: ClusterProbe(3, 0), '`num_clusters`'),
        (lambda: LinearProbe(3, 0), '`num_classes`'),
    ],
)
def test_bad_settings_of_head_and_probes(build, words):
    with pytest.raises(ValueError, match=words):
        build()
