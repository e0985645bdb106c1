"""Embedded rooms: the same again, with truth, frames and mesh that agree."""

from dataclasses import replace

import numpy as np
import pytest

from projects.unscene3d.unscene3d.frames import project, sight
from projects.unscene3d.unscene3d.rooms import make_room, make_rooms
from projects.unscene3d.unscene3d.rooms.furniture import KINDS
from projects.unscene3d.unscene3d.rooms.layout import Ground, arrange
from projects.unscene3d.unscene3d.rooms.solids import Solid, nearest_solid
from projects.unscene3d.unscene3d.rooms.surface import (
    keep_vertices,
    surface_of,
    vertex_normals,
)

SMALL = dict(num_objects=(4, 6), num_frames=3, image_size=(90, 120))


@pytest.fixture(scope='module')
def room():
    return make_room(100)


@pytest.fixture(scope='module')
def clean():
    settings = {**SMALL, 'image_size': (180, 240)}
    return make_room(101, noise=0, holes=False, **settings)


def test_same_seed_same_room_and_another_another():
    first, second = (make_room(7, **SMALL) for _ in range(2))
    for key in ('points', 'colours', 'normals', 'faces', 'instances'):
        old, new = (getattr(r.scene, key) for r in (first, second))
        assert np.array_equal(old, new), key
    for old, new in zip(first.frames, second.frames, strict=True):
        assert np.array_equal(old.colour, new.colour)
        assert np.array_equal(old.depth, new.depth)
        assert np.array_equal(old.pose, new.pose)
    other = make_room(8, **SMALL)
    assert other.scene.points.shape != first.scene.points.shape


def test_truth_names_every_instance_and_the_room_itself(room):
    truth = room.scene.instances
    assert set(np.unique(truth)) == set(range(len(room.kinds) + 1))
    assert set(room.kinds) <= set(KINDS)
    assert 5 <= len(room.kinds) <= 12
    assert 10_000 <= len(room.scene) <= 40_000
    # The truth of a face is one thing, save where two touch.
    corners = truth[room.scene.faces]
    assert (corners == corners[:, :1]).all(axis=1).mean() > 0.93


def test_floor_and_walls_are_no_instance(room):
    scene = room.scene
    floor = np.abs(scene.points[:, 2]) < 0.006
    level = scene.normals[:, 2] > 0.9
    assert (scene.instances[floor & level] == 0).mean() > 0.99
    assert (scene.points[scene.instances == 0, 2] < 0.05).mean() > 0.2


def test_normals_have_length_one_and_look_out(clean):
    scene = clean.scene
    length = np.linalg.norm(scene.normals, axis=1)
    assert length == pytest.approx(np.ones(len(scene)), abs=1e-5)
    # What a camera sees looks at it, up to the coarse grid.
    for frame in clean.frames[:3]:
        seen = sight(scene.points, frame, (0.01, 0.0)).vertices
        ways = frame.pose[:3, 3] - scene.points[seen]
        towards = (ways * scene.normals[seen]).sum(axis=1) > 0
        assert len(seen) > 500 and towards.mean() > 0.98


def test_things_touch_so_the_mesh_joins_instances(room):
    first, second = room.scene.instances[room.scene.faces[:, :2]].T
    joined = (first != second) & (first > 0) & (second > 0)
    assert joined.any()


def test_frames_show_the_mesh(clean):
    """Depth and colour at a vertex are those of the vertex."""
    scene = clean.scene
    for frame in clean.frames:
        seen = sight(scene.points, frame, (0.02, 0.0))
        pixels, depth = project(
            scene.points[seen.vertices], frame.intrinsics, frame.pose
        )
        column, row = pixels.round().astype(int).T
        error = np.abs(frame.depth[row, column] - depth)
        assert np.median(error) < 0.006
        shown = frame.colour[row, column].astype(float)
        apart = np.abs(shown - scene.colours[seen.vertices]).mean(axis=1)
        assert np.median(apart) < 12
        # Behind what is seen lie vertices that are not.
        everything = sight(scene.points, frame, (np.inf, 0.0))
        assert len(everything.vertices) > len(seen.vertices) > 300


def test_most_vertices_of_a_scan_are_seen_and_holes_are_not(room):
    whole = make_room(100, holes=False)
    assert len(room.scene) < 0.95 * len(whole.scene)
    seen = np.zeros(len(room.scene), bool)
    for frame in room.frames:
        seen[sight(room.scene.points, frame).vertices] = True
    assert seen.mean() > 0.97


def test_noise_is_as_large_as_it_says():
    still = make_room(9, noise=0, holes=False, **SMALL).scene
    noisy = make_room(9, noise=0.004, holes=False, **SMALL).scene
    moved = noisy.points - still.points
    assert moved.std() == pytest.approx(0.004, rel=0.05)
    assert not np.array_equal(noisy.colours, still.colours)


def test_colours_are_shared_between_instances(room):
    """No colour names an instance: each is near one of another."""
    scene = room.scene
    means = np.array(
        [
            scene.colours[scene.instances == i].mean(axis=0)
            for i in range(1, len(room.kinds) + 1)
        ]
    )
    apart = np.linalg.norm(means[:, None] - means, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (apart.min(axis=1) < 40).mean() >= 0.5


def test_some_rooms_have_two_of_a_kind():
    rooms = make_rooms(3, 0, **SMALL)
    assert [r.scene.name for r in rooms] == [
        'room0000',
        'room0001',
        'room0002',
    ]
    assert any(len(set(r.kinds)) < len(r.kinds) for r in rooms)


@pytest.mark.parametrize(
    'settings,words',
    [
        (dict(seed=-1), '`seed`.*-1'),
        (dict(num_objects=(3, 2)), '`num_objects`'),
        (dict(num_frames=0), '`num_frames`'),
        (dict(image_size=(8, 8)), '`image_size`'),
        (dict(spacing=0.2), '`spacing`'),
        (dict(noise=-0.1), '`noise`'),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        make_room(**{'seed': 0, **settings})
    with pytest.raises(ValueError, match='`number`'):
        make_rooms(0)


def test_more_than_finds_room_is_refused():
    ground = Ground((0.5, 0.5), ('x0', 'y0'), 1.0)
    with pytest.raises(ValueError, match='has space for, here [0-4]'):
        arrange(np.random.default_rng(0), ground, (5, 5))


def test_furniture_stays_inside_and_out_of_each_other():
    for seed in range(6):
        ground = Ground((3.0, 2.6), ('x0', 'y0', 'x1'), 1.6)
        pieces = arrange(np.random.default_rng(seed), ground, (5, 12))
        assert 5 <= len(pieces) <= 12
        samples = [
            np.concatenate([s.samples(9) for s in piece.solids])
            for piece in pieces
        ]
        for piece, own in zip(pieces, samples, strict=True):
            assert own.min() > -0.03
            assert (own.max(axis=0) < (3.03, 2.6, 1.6)).all()
            for other, theirs in zip(pieces, samples, strict=True):
                if other is not piece:
                    deep = nearest_solid(theirs, piece.solids, 0.1)[0].min()
                    assert deep > -0.02, (piece.kind, other.kind)


@pytest.mark.parametrize(
    'solid,points,distances',
    [
        (
            Solid('box', (1, 0, 0), (0.5, 0.2, 0.1), 'wood', np.pi / 2),
            [[1, 0, 0], [1, 0.7, 0], [1.3, 0, 0], [1.2, 0.9, 0]],
            [-0.1, 0.2, 0.1, 0.4],
        ),
        (
            Solid('can', (0, 0, 0), (0.3, 0.3, 0.5), 'wood'),
            [[0, 0, 0], [0.5, 0, 0], [0, 0, 0.6], [0.3 + 0.3, 0, 0.9]],
            [-0.3, 0.2, 0.1, 0.5],
        ),
        (
            Solid('ball', (0, 0, 1), (0.4, 0.4, 0.4), 'wood'),
            [[0, 0, 1.5], [0.4, 0, 1], [0, 0.2, 1]],
            [0.1, 0, -0.2],
        ),
    ],
)
def test_distances_to_bodies(solid, points, distances):
    found = solid.distance(np.array(points, float))
    assert found == pytest.approx(distances, abs=1e-9)


def test_nearest_body_is_that_of_all_distances():
    rng = np.random.default_rng(0)
    solids = [
        Solid(shape, tuple(rng.uniform(-1, 1, 3)), (0.2, 0.3, 0.25), 'wood', t)
        for shape, t in zip(
            ('box', 'can', 'cone', 'box'), range(4), strict=True
        )
    ]
    points = rng.uniform(-1.5, 1.5, (4000, 3))
    every = np.stack([s.distance(points) for s in solids])
    distance, which = nearest_solid(points, solids, 0.2)
    near = every.min(axis=0) < 0.2
    assert distance == pytest.approx(every.min(axis=0).clip(max=0.2))
    assert np.array_equal(which[near], every.argmin(axis=0)[near])
    assert (which[~near] == -1).all()


def test_surface_of_a_ball_lies_on_it_and_looks_out():
    ball = Solid('ball', (0, 0, 0), (0.3, 0.3, 0.3), 'wood')
    points, faces = surface_of([ball], np.full(3, -0.5), np.full(3, 0.5), 0.03)
    assert np.abs(np.linalg.norm(points, axis=1) - 0.3).max() < 2e-3
    normals = vertex_normals(points, faces)
    assert ((normals * points).sum(axis=1) / 0.3).min() > 0.97
    # Each edge has two faces: the surface is closed.
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    counts = np.unique(edges, axis=0, return_counts=True)[1]
    assert (counts == 2).all()


def test_kept_vertices_are_those_of_whole_faces():
    faces = np.array([[0, 1, 2], [1, 2, 3], [4, 3, 2]])
    keep = np.array([True, True, True, True, False])
    kept, new = keep_vertices(keep, faces)
    assert kept.tolist() == [0, 1, 2, 3]
    assert new.tolist() == [[0, 1, 2], [1, 2, 3]]
    kept, new = keep_vertices(~keep, faces)
    assert len(kept) == 0 and new.shape == (0, 3)


def test_a_frame_without_its_pose_does_not_fit(clean):
    frame = clean.frames[0]
    wrong = replace(frame, pose=np.linalg.inv(frame.pose))
    right = len(sight(clean.scene.points, frame, (0.02, 0)).vertices)
    assert len(sight(clean.scene.points, wrong, (0.02, 0)).vertices) < (
        0.2 * right
    )
