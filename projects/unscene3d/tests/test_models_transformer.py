"""The whole model: it learns, and does not mind order, batch or precision."""

import numpy as np
import pytest
import torch

from mmcuts3d.registry import MODELS
from projects.unscene3d.tests.tiny_scenes import (
    batch_of,
    packed,
    small_model,
    tiny_scene,
    true_masks,
)
from projects.unscene3d.unscene3d.models import mask_iou
from projects.unscene3d.unscene3d.models.queries import farthest_segments
from projects.unscene3d.unscene3d.structures import (
    Scene,
    SceneInstances,
    Segments,
)


def build(**changes):
    torch.manual_seed(0)
    config = small_model()
    for key, value in changes.items():
        config[key] = {**config.get(key, {}), **value}
    return MODELS.build(config)


def losses_of(model, *items):
    data = model.data_preprocessor(batch_of(*items), True)
    return model(**data, mode='loss')


def total(losses):
    return sum(v for k, v in losses.items() if 'loss' in k)


def looks(model, *items):
    data = model.data_preprocessor(batch_of(*items), False)
    with torch.no_grad():
        return model.eval()(**data, mode='tensor')


@pytest.mark.parametrize('queries', ['sampled', 'learned'])
def test_a_scene_of_three_objects_is_learned(queries):
    scene, segments = tiny_scene(0, boxes=3, step=0.1)
    truth = true_masks(scene, segments)
    model = build(decoder=dict(queries=queries))
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3)
    for _ in range(60):
        loss = total(losses_of(model, packed(scene, truth)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    (sample,) = model.eval().test_step(batch_of(packed(scene, truth)))
    found = sample.pred_instances
    sure = found.masks[found.scores > 0.5].numpy()
    assert len(sure) == 3
    assert mask_iou(truth.masks, sure, segments.sizes).max(1).min() > 0.9


def test_order_of_vertices_does_not_matter():
    scene, segments = tiny_scene(1)
    order = np.random.default_rng(0).permutation(len(scene))
    other = Scene(
        scene.name,
        scene.points[order],
        normals=scene.normals[order],
    )
    shuffled = Segments(segments.of_vertex[order], segments.edges)
    none = np.zeros((0, len(segments)), bool), np.zeros(0, np.float32)
    model = build()
    first = looks(model, packed(scene, SceneInstances(*none, segments)))
    second = looks(model, packed(other, SceneInstances(*none, shuffled)))
    for one, two in zip(first, second, strict=True):
        torch.testing.assert_close(one.masks, two.masks, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(
            one.objectness, two.objectness, rtol=1e-3, atol=1e-4
        )


def test_scenes_of_a_batch_are_those_alone():
    items = []
    for seed, boxes in ((0, 1), (1, 4)):  # 9 segments for 10 queries, and 24
        scene, segments = tiny_scene(seed, boxes)
        items.append(packed(scene, true_masks(scene, segments)))
    model = build()
    both = looks(model, *items)
    for number, item in enumerate(items):
        for together, alone in zip(both, looks(model, item), strict=True):
            pairs = zip(
                together.of_scene(number), alone.of_scene(0), strict=True
            )
            for one, two in pairs:
                torch.testing.assert_close(one, two, rtol=1e-3, atol=1e-4)


def test_moved_scenes_give_the_same():
    scene, segments = tiny_scene(1)
    # No vertex on the border of a voxel, where rounding chooses.
    voxel = (scene.points - scene.points.min(0)) / 0.12
    inside = (np.floor(voxel) + 0.5) * 0.12
    inside[np.argmin(scene.points, axis=0), range(3)] = 0
    truth = true_masks(scene, segments)
    first, second = (
        looks(
            build(), packed(Scene('a', points, normals=scene.normals), truth)
        )
        for points in (inside, inside + np.float32([64, -32, 8]))
    )
    torch.testing.assert_close(
        first[-1].masks, second[-1].masks, rtol=1e-2, atol=1e-2
    )


def test_mixed_precision_of_a_cpu():
    scene, segments = tiny_scene(0)
    item = packed(scene, true_masks(scene, segments))
    model = build()
    exact = total(losses_of(model, item))
    with torch.autocast('cpu', torch.bfloat16):
        mixed = losses_of(model, item)
    loss = total(mixed)
    loss.backward()
    assert loss.item() == pytest.approx(exact.item(), rel=0.05)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            assert torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize('masks', [0, 1])
def test_one_segment(masks):
    points = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    up = np.tile(np.float32([0, 0, 1]), (50, 1))
    scene = Scene('one', points, normals=up)
    segments = Segments(np.zeros(50, np.int32), np.zeros((0, 2), np.int32))
    labels = SceneInstances(
        np.ones((masks, 1), bool), np.ones(masks, np.float32), segments
    )
    model = build()
    loss = total(losses_of(model, packed(scene, labels)))
    loss.backward()
    assert torch.isfinite(loss)
    (sample,) = model.eval().test_step(batch_of(packed(scene, labels)))
    assert sample.pred_instances.masks.shape[1] == 1


def test_one_vertex():
    scene = Scene(
        'dot', np.zeros((1, 3), np.float32), normals=np.float32([[0, 0, 1]])
    )
    segments = Segments(np.zeros(1, np.int32), np.zeros((0, 2), np.int32))
    labels = SceneInstances(
        np.ones((1, 1), bool), np.ones(1, np.float32), segments
    )
    assert torch.isfinite(total(losses_of(build(), packed(scene, labels))))


def test_every_parameter_learns():
    scene, segments = tiny_scene(0)
    model = build()
    item = packed(scene, true_masks(scene, segments))
    total(losses_of(model, item)).backward()
    idle = [n for n, p in model.named_parameters() if p.grad is None]
    assert idle == []


def test_checkpoints_load(tmp_path):
    scene, segments = tiny_scene(0)
    item = packed(scene, true_masks(scene, segments))
    model = build()
    torch.save(model.state_dict(), tmp_path / 'weights.pth')
    torch.manual_seed(1)
    other = MODELS.build(small_model())
    other.load_state_dict(torch.load(tmp_path / 'weights.pth'))
    first, second = (looks(m, item)[-1] for m in (model, other))
    assert torch.equal(first.masks, second.masks)


def test_farthest_segments():
    centres = torch.tensor(
        [
            [[0.0, 0, 0], [1, 0, 0], [5, 0, 0], [5, 0, 0]],
            [[0.0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]],
        ]
    )
    valid = torch.tensor([[True] * 4, [True, True, False, False]])
    chosen, real = farthest_segments(centres, valid, 6)
    # The middle is at 2.75: both ends are near it, the first is farther.
    assert chosen[0].tolist() == [0, 2, 1, 3]
    assert set(chosen[1, :2].tolist()) == {0, 1}
    assert real.tolist() == [[True] * 4, [True, True, False, False]]


@pytest.mark.parametrize(
    'changes,words',
    [
        (dict(decoder=dict(num_heads=5)), 'num_heads'),
        (dict(decoder=dict(num_levels=4)), 'num_levels'),
        (dict(decoder=dict(queries='drawn')), 'queries'),
        (dict(backbone=dict(blocks=(1,))), 'blocks'),
        (dict(backbone=dict(up_channels=(8,))), 'up_channels'),
        (dict(backbone=dict(voxel_size=0)), 'voxel_size'),
        (dict(test_cfg=dict(nms=0.5)), r"got \['nms'\]"),
    ],
)
def test_bad_settings(changes, words):
    with pytest.raises(ValueError, match=words):
        build(**changes)


def test_other_channels_are_said():
    scene, segments = tiny_scene(0)
    item = packed(scene, true_masks(scene, segments), inputs=['colours'])
    with pytest.raises(ValueError, match='vertices of 4 channels'):
        losses_of(build(), item)
