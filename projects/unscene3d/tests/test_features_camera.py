"""The camera of a frame, by hand, and what is refused at the door."""

from dataclasses import replace

import numpy as np
import pytest

from projects.unscene3d.unscene3d.frames import (
    camera_rays,
    check_frame,
    project,
    sight,
)
from projects.unscene3d.unscene3d.rooms.views import look_at
from projects.unscene3d.unscene3d.structures import Frame

#: Focal length 10 pixels, optical axis through pixel (2, 1) of 5 x 3.
MATRIX = np.array([[10.0, 0, 2], [0, 10, 1], [0, 0, 1]])


def frame_of(depth, pose=None, colour_size=(3, 5)):
    depth = np.broadcast_to(np.float32(depth), (3, 5)).copy()
    colour = np.zeros((*colour_size, 3), np.uint8)
    pose = np.eye(4) if pose is None else pose
    return Frame('hand-made', colour, depth, MATRIX, pose)


def test_vertex_on_the_axis_is_in_the_middle_pixel():
    points = np.array([[0, 0, 2.0], [0.2, 0, 2], [0, -0.2, 2], [0, 0, -2]])
    pixels, depth = project(points, MATRIX, np.eye(4))
    assert pixels[:3].tolist() == [[2, 1], [3, 1], [2, 0]]
    assert np.isnan(pixels[3]).all()
    assert depth.tolist() == [2, 2, 2, -2]


def test_pose_moves_the_camera():
    pose = look_at(np.array([3.0, 0, 1]), np.array([0.0, 0, 1]))
    # Looking along -x: +y of the world is right of the camera.
    pixels, depth = project(np.array([[1.0, 0.2, 1.2]]), MATRIX, pose)
    assert pixels[0] == pytest.approx([2 + 1, 1 - 1])
    assert depth[0] == pytest.approx(2)


def test_sight_takes_only_what_agrees_with_the_depth():
    points = np.array(
        [
            [0, 0, 2.0],  # at the depth
            [0, 0, 2.04],  # within the tolerance
            [0, 0, 2.2],  # behind
            [0, 0, 1.8],  # before
            [0.2, 0, 2],  # next pixel: no depth there
            [1.0, 0, 2],  # outside
            [0, 0, -2],  # behind the camera
            [0.44, 0, 2],  # 0.2 pixels beyond the last centre
        ]
    )
    frame = frame_of(2.0)
    frame.depth[1, 3] = 0
    found = sight(points, frame, (0.05, 0.0))
    assert found.vertices.tolist() == [0, 1, 7]
    assert found.places[0].tolist() == [0.5, 0.5]
    assert found.places[2].tolist() == pytest.approx([0.94, 0.5])
    assert sight(points, frame, (0.0, 0.11)).vertices.tolist() == [0, 1, 2, 7]


def test_rays_are_the_inverse_of_projection():
    pose = look_at(np.array([1.0, 2, 1.5]), np.array([0.0, 0.3, 0.2]))
    rays = camera_rays(MATRIX, pose, (3, 5))
    points = rays[..., :3] + 1.7 * rays[..., 3:]
    pixels, depth = project(points.reshape(-1, 3), MATRIX, pose)
    rows, columns = np.mgrid[:3, :5]
    assert pixels == pytest.approx(
        np.stack([columns, rows], -1).reshape(-1, 2), abs=1e-4
    )
    assert depth == pytest.approx(np.full(15, 1.7), abs=1e-5)


def test_a_good_frame_passes():
    frame = frame_of(1.0)
    assert check_frame(frame) is frame


@pytest.mark.parametrize(
    'change,words',
    [
        (dict(colour=np.zeros((3, 5), np.uint8)), r'\(H, W, 3\)'),
        (dict(colour=np.zeros((3, 5, 3))), 'uint8'),
        (dict(depth=np.zeros((3, 5), np.uint16)), 'floats in metres'),
        (dict(depth=np.full((3, 5), np.nan, np.float32)), 'NaN'),
        (dict(depth=np.full((3, 5), -1, np.float32)), 'negative'),
        (dict(intrinsics=np.eye(4)), r'intrinsics \(3, 3\)'),
        (dict(intrinsics=np.diag([-1.0, 1, 1])), 'positive focal'),
        (dict(pose=np.full((4, 4), -np.inf)), 'finite pose'),
        (dict(pose=np.diag([2.0, 2, 2, 1])), 'a rotation'),
        (dict(pose=np.diag([1.0, 1, -1, 1])), 'a rotation'),
        (dict(pose=np.eye(4) + np.eye(4, k=-3)), 'transposed'),
    ],
)
def test_bad_frames_are_refused_by_name(change, words):
    with pytest.raises(ValueError, match=f'hand-made: .*{words}'):
        check_frame(replace(frame_of(1.0), **change))
