"""Small scenes for tests: boxes on a floor, their sides as segments."""

import numpy as np

from mmcuts3d.registry import DATASETS
from projects.unscene3d.unscene3d.structures import (
    Scene,
    SceneInstances,
    Segments,
)

#: Sides of a box: the axis that they face, and the direction.
SIDES = ((2, 1), (0, -1), (0, 1), (1, -1), (1, 1))


def box_sides(corner, size, step):
    """(points, normals, side) of five sides of a box."""
    points, normals, sides = [], [], []
    for number, (axis, sign) in enumerate(SIDES):
        others = [a for a in range(3) if a != axis]
        spans = [
            np.arange(step / 2, size[a], step) + corner[a] for a in others
        ]
        first, second = np.meshgrid(*spans, indexing='ij')
        side = np.empty((first.size, 3))
        side[:, others[0]], side[:, others[1]] = first.ravel(), second.ravel()
        side[:, axis] = corner[axis] + (size[axis] if sign > 0 else 0)
        normal = np.zeros(3)
        normal[axis] = sign
        points.append(side)
        normals.append(np.tile(normal, (len(side), 1)))
        sides.append(np.full(len(side), number))
    return map(np.concatenate, (points, normals, sides))


def tiny_scene(seed=0, boxes=3, step=0.08, name=None):
    """A floor of four tiles with boxes, and its segments."""
    rng = np.random.default_rng(seed)
    floor = np.stack(
        np.meshgrid(np.arange(0, 3, 1.5 * step), np.arange(0, 3, 1.5 * step)),
        -1,
    ).reshape(-1, 2)
    points = [np.c_[floor, np.zeros(len(floor))]]
    normals = [np.tile([0.0, 0, 1], (len(floor), 1))]
    segment = [(floor[:, 0] > 1.5) * 2 + (floor[:, 1] > 1.5)]
    truth = [np.zeros(len(floor), int)]
    edges = [(0, 1), (0, 2), (1, 3), (2, 3)]
    spots = rng.permutation(9)[:boxes]
    for number, spot in enumerate(spots):
        corner = np.array([spot % 3 + 0.2, spot // 3 + 0.2, 0])
        box, normal, side = box_sides(corner, rng.uniform(0.4, 0.6, 3), step)
        first = 4 + 5 * number
        points.append(box)
        normals.append(normal)
        segment.append(side + first)
        truth.append(np.full(len(box), number + 1))
        edges += [(first, first + k) for k in range(1, 5)]
        edges += [(0, first + 1)]
    points = np.concatenate(points).astype(np.float32)
    scene = Scene(
        name or f'tiny_{seed}',
        points,
        colours=rng.integers(0, 255, points.shape).astype(np.uint8),
        normals=np.concatenate(normals).astype(np.float32),
        instances=np.concatenate(truth).astype(np.int32),
    )
    segments = Segments(
        np.concatenate(segment).astype(np.int32),
        np.array(edges, np.int32).reshape(-1, 2),
    )
    return scene, segments


def true_masks(scene, segments, only=None):
    """SceneInstances of the truth, or of some of its instances."""
    numbers = range(1, scene.instances.max() + 1) if only is None else only
    owner = np.zeros(len(segments), int)
    owner[segments.of_vertex] = scene.instances
    masks = np.array([owner == n for n in numbers], bool)
    return SceneInstances(
        masks.reshape(-1, len(segments)),
        np.ones(len(masks), np.float32),
        segments,
    )


@DATASETS.register_module(force=True)
class TinyScenes:
    """A source of tiny scenes."""

    def __init__(self, number, boxes=3):
        self.scenes = [tiny_scene(seed, boxes)[0] for seed in range(number)]
        self.names = [scene.name for scene in self.scenes]

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, index):
        return self.scenes[index]


def small_model(**more):
    """Config of a model that learns a tiny scene in seconds."""
    return dict(
        type='mmcuts3d.SegmentMaskTransformer',
        backbone=dict(
            type='mmcuts3d.VoxelUNet',
            in_channels=4,
            voxel_size=0.12,
            channels=(16, 24, 32),
            blocks=(1, 1, 1),
            up_channels=(24, 16),
        ),
        decoder=dict(
            type='mmcuts3d.SegmentMaskDecoder',
            channels=32,
            num_queries=10,
            num_layers=1,
            num_heads=4,
            hidden_channels=64,
            num_levels=3,
        ),
        test_cfg=dict(min_vertices=10),
        **more,
    )


def packed(scene, instances, **settings):
    """A scene as the model takes it, without augmentation."""
    from projects.unscene3d.unscene3d.training import PackScene

    return PackScene(**settings).transform(
        dict(
            name=scene.name,
            points=scene.points,
            colours=scene.colours,
            normals=scene.normals,
            truth=scene.instances,
            of_vertex=instances.segments.of_vertex,
            edges=instances.segments.edges,
            masks=instances.masks,
            scores=instances.scores,
        )
    )


def batch_of(*items):
    from mmengine.dataset import pseudo_collate

    return pseudo_collate(list(items))
