"""Features of frames on segments: by hand, and on an embedded room."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import shared_data
from helpers.vits import vit_keys_config
from torch import nn

from mmcuts3d.registry import MODELS
from projects.unscene3d.unscene3d.features import (
    GeometricFeatures,
    LiftedFeatures,
    similarity,
)
from projects.unscene3d.unscene3d.features.lifted import patch_table
from projects.unscene3d.unscene3d.frames import Sight, fuse_frames, sight
from projects.unscene3d.unscene3d.rooms import make_room
from projects.unscene3d.unscene3d.scans import read_frames
from projects.unscene3d.unscene3d.segments import Felzenszwalb
from projects.unscene3d.unscene3d.structures import Frame, Scene, Segments

NO_EDGES = np.zeros((0, 2), np.int32)


@MODELS.register_module(force=True)
class PixelMeans(nn.Module):
    """The image itself on a grid of its own, and how often it is asked."""

    def __init__(self, grid):
        super().__init__()
        self.grid, self.batches = grid, []

    def forward(self, images, data_samples):
        self.batches.append(len(images))
        assert len(data_samples) == len(images)
        return nn.functional.adaptive_avg_pool2d(images.float(), self.grid)


def lifted(grid=(3, 5), **settings):
    return LiftedFeatures(dict(type='PixelMeans', grid=grid), **settings)


@pytest.fixture
def hand_made():
    """A camera at the origin with 3 x 5 pixels; a vertex at each of them."""
    rows, columns = np.mgrid[:3, :5].reshape(2, -1)
    points = np.stack([(columns - 2) / 5, (rows - 1) / 5, 2 + 0 * rows], 1)
    hidden = points[7] * 1.5  # behind the vertex of the middle pixel
    points = np.concatenate([points, hidden[None]]).astype(np.float32)
    scene = Scene('grid', points)
    segments = Segments(np.arange(16, dtype=np.int32), NO_EDGES)
    rng = np.random.default_rng(0)
    frame = Frame(
        'first',
        rng.integers(0, 256, (3, 5, 3), np.uint8),
        np.full((3, 5), 2, np.float32),
        np.array([[10.0, 0, 2], [0, 10, 1], [0, 0, 1]]),
        np.eye(4),
    )
    return scene, segments, frame


@pytest.mark.parametrize('sampling', ['nearest', 'bilinear'])
def test_each_vertex_gets_its_pixel_and_the_hidden_one_none(
    hand_made, sampling
):
    scene, segments, frame = hand_made
    found = lifted(sampling=sampling)(scene, segments, [frame])
    pixels = frame.colour.reshape(-1, 3)
    assert found.values[:15] == pytest.approx(pixels, abs=1e-3)
    assert found.seen.tolist() == [True] * 15 + [False]
    assert not found.values[15].any()


def test_colour_of_another_size_than_depth(hand_made):
    scene, segments, frame = hand_made
    large = frame.colour.repeat(4, axis=0).repeat(4, axis=1)
    other = lifted()(scene, segments, [replace(frame, colour=large)])
    assert np.array_equal(
        other.values, lifted()(scene, segments, [frame]).values
    )
    resized = lifted(image_size=(3, 5))
    again = resized(scene, segments, [replace(frame, colour=large)])
    assert again.values == pytest.approx(other.values, abs=1)


def test_mean_over_vertices_and_frames(hand_made):
    scene, _, frame = hand_made
    halves = Segments((np.arange(16) >= 7).astype(np.int32), NO_EDGES)
    dark = replace(frame, name='second', colour=frame.colour // 2)
    blind = replace(dark, depth=frame.depth.copy())
    blind.depth[:, :2] = 0  # six vertices, four of them of the first half
    found = lifted()(scene, halves, [frame, blind])
    whole, half = (
        f.colour.reshape(-1, 3).astype(float) for f in (frame, dark)
    )
    sees = (blind.depth > 0).ravel()
    for segment, own in ((0, np.arange(7)), (1, np.arange(7, 15))):
        samples = np.concatenate([whole[own], half[own[sees[own]]]])
        assert found.values[segment] == pytest.approx(
            samples.mean(axis=0), abs=1e-3
        )


def test_table_equals_sampling_vertex_by_vertex():
    """Against torch's grid_sample, which places patches the same way."""
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 1, (300, 2))
    own = Sight(np.arange(300), places)
    segments = Segments((np.arange(300) % 9).astype(np.int32), NO_EDGES)
    features = rng.normal(size=(4, 6, 8))
    for sampling in ('nearest', 'bilinear'):
        table = patch_table(own, segments, (6, 8), sampling)
        sampled = nn.functional.grid_sample(
            torch.from_numpy(features)[None],
            torch.from_numpy(2 * places - 1)[None, None],
            mode=sampling,
            padding_mode='border',
            align_corners=False,
        )[0, :, 0].numpy()
        sums = np.zeros((9, 4))
        np.add.at(sums, segments.of_vertex, sampled.T)
        assert table @ features.reshape(4, -1).T == pytest.approx(sums)
        assert np.asarray(table.sum(axis=1)).ravel() == pytest.approx(
            segments.sizes
        )


def test_batches_are_of_one_size_and_none_larger(hand_made):
    scene, segments, frame = hand_made
    large = replace(frame, colour=np.zeros((6, 10, 3), np.uint8))
    source = lifted(batch_size=2)
    source(scene, segments, [frame] * 3 + [large] * 2 + [frame])
    assert source.features.batches == [2, 1, 2, 1]
    source = lifted(every_nth=2)
    source(scene, segments, [frame] * 5)
    assert source.features.batches == [3]


@pytest.fixture(scope='module')
def room():
    return make_room(
        104, num_objects=(4, 6), num_frames=8, image_size=(90, 120)
    )


@pytest.fixture(scope='module')
def segments(room):
    return Felzenszwalb()(room.scene)


@pytest.fixture(scope='module')
def source():
    config = dict(type='mmcuts3d.ClassicalFeatures', patch_size=6)
    return MODELS.build(
        dict(type='mmcuts3d.LiftedFeatures', features=config, batch_size=3)
    )


def test_order_of_frames_does_not_matter(room, segments, source):
    first = source(room.scene, segments, room.frames)
    second = source(room.scene, segments, room.frames[::-1])
    assert first.values.shape == (len(segments), 15)
    assert first.seen.mean() > 0.95
    assert np.array_equal(first.seen, second.seen)
    assert second.values == pytest.approx(first.values, abs=1e-5)


def test_keys_of_a_vit_are_lifted(room, segments, tmp_path):
    """The network has a size of its own; weights are random here."""
    source = LiftedFeatures(vit_keys_config(tmp_path), every_nth=2)
    found = source(room.scene, segments, room.frames)
    assert found.values.shape == (len(segments), 24)
    assert found.seen.mean() > 0.7
    alike = similarity([found])
    assert alike.min() == 0 and alike.max() == 1
    # The same by hand: one frame, its map, the patch of one vertex.
    frame = room.frames[0]
    images = torch.from_numpy(frame.colour).permute(2, 0, 1)[None]
    keys = source.features(images)[0].numpy()
    nearest = LiftedFeatures(vit_keys_config(tmp_path), sampling='nearest')
    own = sight(room.scene.points, frame)
    each = np.zeros(len(room.scene), np.int32)
    each[own.vertices[0]] = 1
    one = nearest(room.scene, Segments(each, NO_EDGES), [frame])
    x, y = own.places[0]
    patch = keys[:, int(y * keys.shape[1]), int(x * keys.shape[2])]
    assert one.values[1] == pytest.approx(patch, abs=1e-4)


def test_segments_that_no_frame_sees_are_unseen(room, segments, source):
    few = source(room.scene, segments, room.frames[:1])
    assert 0.1 < few.seen.mean() < 0.95
    assert not few.values[~few.seen].any()
    geometry = GeometricFeatures()(room.scene, segments)
    alike = similarity([geometry, few])
    alone = similarity([geometry])
    unseen = ~few.seen
    assert np.array_equal(alike[unseen], alone[unseen])


def test_wrong_poses_are_named(room, segments, source):
    inverse = [replace(f, pose=np.linalg.inv(f.pose)) for f in room.frames]
    with pytest.raises(ValueError, match=r'room0104.*world-to-camera'):
        source(room.scene, segments, inverse)
    flip = np.diag([1.0, -1, -1, 1])
    graphics = [replace(f, pose=f.pose @ flip) for f in room.frames]
    with pytest.raises(ValueError, match='OpenGL'):
        source(room.scene, segments, graphics)


def test_frames_that_do_not_see_the_scene_are_refused(room, segments, source):
    away = np.eye(4)
    away[:3, 3] = 50
    lost = [replace(f, pose=away @ f.pose) for f in room.frames]
    with pytest.raises(ValueError, match='room0104.*see'):
        source(room.scene, segments, lost)
    with pytest.raises(ValueError, match='room0104.*got none'):
        source(room.scene, segments, [])
    bad = replace(room.frames[0], pose=np.eye(4) * 2, name='bad')
    with pytest.raises(ValueError, match='bad: '):
        source(room.scene, segments, [*room.frames, bad])


@pytest.mark.parametrize(
    'settings,words',
    [
        (dict(sampling='cubic'), '`sampling`'),
        (dict(every_nth=0), '`every_nth`'),
        (dict(batch_size=0), '`batch_size`'),
        (dict(depth_tolerance=(0, 0)), '`depth_tolerance`'),
        (dict(image_size=(8,)), '`image_size`'),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        lifted(**settings)


def test_fused_frames_are_the_room_again(room):
    fused = fuse_frames(room.frames, voxel=0.03, name='again')
    assert fused.name == 'again' and len(fused) > 5000
    apart = np.abs(fused.normals).max()
    assert apart <= 1.001 and fused.colours.std() > 10
    # Each vertex of the mesh lies near one of the room, whose colour it has.
    from scipy.spatial import cKDTree

    distance, near = cKDTree(room.scene.points).query(fused.points)
    assert np.median(distance) < 0.02
    assert (distance < 0.06).mean() > 0.95
    close = distance < 0.02
    step = np.abs(fused.colours.astype(int) - room.scene.colours[near])
    assert np.median(step[close]) < 15


def test_fused_frames_of_a_kitchen():
    frames = read_frames(shared_data('rgbd_kitchen'))
    fused = fuse_frames(frames[::6], voxel=0.04, max_depth=3.0)
    assert len(fused) > 5000
    source = LiftedFeatures(dict(type='mmcuts3d.ClassicalFeatures'))
    segments = Felzenszwalb()(fused)
    found = source(fused, segments, frames[::6])
    assert found.seen.mean() > 0.9


def test_frames_that_show_nothing_are_no_mesh(hand_made):
    _, _, frame = hand_made
    empty = replace(frame, depth=0 * frame.depth)
    with pytest.raises(ValueError, match='fused: expected frames that show'):
        fuse_frames([empty])
    with pytest.raises(ValueError, match='`voxel`'):
        fuse_frames([frame], voxel=0)
