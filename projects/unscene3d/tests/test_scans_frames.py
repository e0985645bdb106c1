from dataclasses import replace

import numpy as np
import pytest
from helpers import shared_data
from PIL import Image

from projects.unscene3d.unscene3d.scans import (
    check_poses,
    frames,
    read_frames,
    turn_upwards,
)
from projects.unscene3d.unscene3d.structures import Frame, Scene

K = np.array([[40.0, 0, 19.5], [0, 40, 14.5], [0, 0, 1]])


def pose_at(place, towards):
    """Camera to world: x right, y down, z forward, the world z upwards."""
    ahead = np.subtract(towards, place).astype(float)
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0, 0, 1])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(ahead, right), ahead], axis=1)
    pose[:3, 3] = place
    return pose


def look(wall=3.0, place=(0, 0, 1.5), towards=(2, 0.4, 1.2)):
    """A frame of the wall x = 3, and the points of its pixels."""
    pose = pose_at(place, towards)
    rows, columns = np.mgrid[:30, :40]
    rays = np.stack(
        [(columns - 19.5) / 40, (rows - 14.5) / 40, np.ones((30, 40))], -1
    )
    depth = (wall - place[0]) / (rays @ pose[0, :3])
    points = (rays * depth[..., None]) @ pose[:3, :3].T + pose[:3, 3]
    colour = np.zeros((30, 40, 3), np.uint8)
    frame = Frame('made', colour, depth.astype(np.float32), K, pose)
    return frame, points.reshape(-1, 3).astype(np.float32)


def save_image(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def write_scannet(folder, poses, suffix='jpg'):
    """Frames as SensReader exports them; colour larger than depth."""
    for number, pose in enumerate(poses):
        depth = np.full((4, 6), 1500 + number, np.uint16)
        depth[0, :2] = 0, 65535
        save_image(folder / 'depth' / f'{number}.png', depth)
        colour = np.full((8, 12, 3), 20 * number, np.uint8)
        save_image(folder / 'color' / f'{number}.{suffix}', colour)
        (folder / 'pose').mkdir(exist_ok=True)
        np.savetxt(folder / 'pose' / f'{number}.txt', pose)
    (folder / 'intrinsic').mkdir()
    four = np.eye(4)
    four[:3, :3] = K
    np.savetxt(folder / 'intrinsic' / 'intrinsic_depth.txt', four)
    return folder


def poses(number=12):
    return [pose_at((i, 0, 1), (i + 1, 2, 1)) for i in range(number)]


class TestScanNet:
    @pytest.mark.parametrize('suffix', ['jpg', 'png'])
    def test_in_order_of_numbers(self, tmp_path, suffix):
        found = read_frames(write_scannet(tmp_path, poses(), suffix))
        assert [f.name for f in found.files] == [str(i) for i in range(12)]
        frame = found[11]
        assert frame.depth.dtype == np.float32
        assert frame.depth[1, 1] == np.float32(1.511)
        assert frame.depth[0, :2].tolist() == [0, 0]
        assert frame.colour.shape == (8, 12, 3)
        np.testing.assert_allclose(frame.colour, 220, atol=3)
        np.testing.assert_allclose(frame.intrinsics, K)
        np.testing.assert_allclose(frame.pose, poses()[11], atol=1e-12)

    def test_is_read_when_used(self, tmp_path):
        write_scannet(tmp_path, poses())
        found = read_frames(tmp_path)
        some = found[::5]
        assert len(some) == 3 and len(found) == 12
        (tmp_path / 'depth' / '10.png').write_bytes(b'broken')
        assert [frame.name for frame in found[8:10]] == ['8', '9']
        with pytest.raises(ValueError, match=r'10\.png: expected a depth'):
            some[-1]
        with pytest.raises(IndexError):
            some[3]

    def test_lost_frames_are_counted_once(self, tmp_path, monkeypatch):
        said = []
        monkeypatch.setattr(frames, 'print_log', lambda *a: said.append(a[0]))
        lost = poses(4)
        lost[1][:] = -np.inf
        lost[3][:] = -np.inf
        found = read_frames(write_scannet(tmp_path, lost))
        assert [f.name for f in found.files] == ['0', '2']
        assert len(said) == 1
        assert '2 of 4 frames have no finite pose' in said[0]
        assert '(1, 3)' in said[0]

    def test_all_are_lost(self, tmp_path):
        write_scannet(tmp_path, [np.full((4, 4), -np.inf)] * 2)
        with pytest.raises(ValueError, match='a finite pose, but got none'):
            read_frames(tmp_path)

    @pytest.mark.parametrize(
        'name', ['color/2.jpg', 'depth/2.png', 'intrinsic/intrinsic_depth.txt']
    )
    def test_a_file_is_missing(self, tmp_path, name):
        write_scannet(tmp_path, poses(3))
        (tmp_path / name).unlink()
        with pytest.raises(ValueError, match=f'{name}.*no file there'):
            read_frames(tmp_path)

    @pytest.mark.parametrize(
        'change,words',
        [
            (lambda pose: 2 * pose, 'determinant 8, not orthogonal'),
            (lambda pose: pose * [-1, 1, 1, 1], 'determinant -1'),
            (lambda pose: pose.T, 'may be transposed'),
            (lambda pose: pose[:3], 'matrix of 4×4'),
            (lambda pose: np.zeros((4, 4)), 'determinant 0'),
        ],
    )
    def test_a_pose_is_none(self, tmp_path, change, words):
        write_scannet(tmp_path, poses(3))
        np.savetxt(tmp_path / 'pose' / '1.txt', change(poses(3)[1]))
        with pytest.raises(ValueError, match=f'1.*{words}'):
            read_frames(tmp_path)

    def test_depth_of_8_bits(self, tmp_path):
        write_scannet(tmp_path, poses(1))
        save_image(tmp_path / 'depth' / '0.png', np.zeros((4, 6), np.uint8))
        with pytest.raises(ValueError, match='16 bits, but got the mode L'):
            read_frames(tmp_path)[0]

    def test_align_moves_the_world(self, tmp_path):
        write_scannet(tmp_path, poses(2))
        turn = pose_at((1, 2, 3), (0, 5, 3))
        frame = read_frames(tmp_path, align=turn)[1]
        np.testing.assert_allclose(frame.pose, turn @ poses(2)[1], atol=1e-9)

    def test_no_frames(self, tmp_path):
        with pytest.raises(ValueError, match='expected posed frames'):
            read_frames(tmp_path)
        with pytest.raises(ValueError, match='layout'):
            read_frames(tmp_path, layout='kitti')


class TestSevenScenes:
    def make(self, folder):
        for number in (10, 9):
            name = f'frame-{number:06d}'
            depth = np.full((3, 4), number * 100, np.uint16)
            save_image(folder / f'{name}.depth.png', depth)
            colour = np.zeros((3, 4, 3), np.uint8)
            save_image(folder / f'{name}.color.png', colour)
            np.savetxt(folder / f'{name}.pose.txt', np.eye(4))
        return folder

    def test_needs_a_camera(self, tmp_path):
        with pytest.raises(ValueError, match='camera-intrinsics'):
            read_frames(self.make(tmp_path))
        found = read_frames(tmp_path, intrinsics=K)
        assert [f.name for f in found] == ['frame-000009', 'frame-000010']
        assert found[1].depth[0, 0] == 1

    @pytest.mark.parametrize('camera', [np.eye(4), -K, np.full((3, 3), 0)])
    def test_an_odd_camera(self, tmp_path, camera):
        with pytest.raises(ValueError, match='expected 3×3 intrinsics'):
            read_frames(self.make(tmp_path), intrinsics=camera)

    def test_real_frames_agree(self):
        """Two frames see each other's points where they overlap."""
        found = read_frames(shared_data('rgbd_kitchen'))
        assert len(found) == 25
        frame = found[0]
        assert frame.colour.shape == (480, 640, 3)
        assert 1 < np.median(frame.depth[frame.depth > 0]) < 4
        scene = kitchen(found[:2])
        assert check_poses(scene, found[:2]).min() > 0.5
        wrong = [replace(f, pose=np.linalg.inv(f.pose)) for f in found]
        with pytest.raises(ValueError, match='look like world-to-camera'):
            check_poses(kitchen(found), wrong)


def kitchen(found):
    """The points of every hundredth pixel."""
    parts = []
    for frame in found:
        row, column = np.nonzero(frame.depth)
        row, column = row[::100], column[::100]
        z = frame.depth[row, column]
        rays = np.stack([column, row, np.ones(len(row))])
        camera = (np.linalg.inv(frame.intrinsics) @ rays * z).T
        parts.append(camera @ frame.pose[:3, :3].T + frame.pose[:3, 3])
    return Scene('kitchen', np.concatenate(parts).astype(np.float32))


class TestCheckPoses:
    def test_share_that_is_seen(self):
        frame, points = look()
        hidden = points + np.float32([3, 0, 0])  # behind the wall
        scene = Scene('room', np.concatenate([points, hidden]))
        assert check_poses(scene, [frame]).tolist() == [0.5]

    def test_invalid_depth_sees_nothing(self):
        frame, points = look()
        blind = replace(frame, depth=frame.depth * 0)
        scene = Scene('room', points)
        found = check_poses(scene, [frame, blind])
        assert found.tolist() == [1, 0]
        with pytest.raises(ValueError, match='room: expected frames that see'):
            check_poses(scene, [blind])

    @pytest.mark.parametrize(
        'change,words',
        [
            (np.linalg.inv, 'look like world-to-camera, by'),
            (
                lambda pose: pose @ np.diag([1, -1, -1, 1]),
                'look like camera-to-world of a camera with y upwards',
            ),
            (
                lambda pose: np.diag([1, -1, -1, 1]) @ np.linalg.inv(pose),
                'look like world-to-camera of a camera with y upwards',
            ),
        ],
    )
    def test_another_convention_is_named(self, change, words):
        views = [
            look(place=(0, i / 2, 1.5), towards=(2, i, 1)) for i in range(4)
        ]
        scene = Scene('room', np.concatenate([p for _, p in views]))
        right = [frame for frame, _ in views]
        assert check_poses(scene, right).min() > 0.2
        wrong = [replace(f, pose=change(f.pose)) for f in right]
        with pytest.raises(ValueError, match=words):
            check_poses(scene, wrong)

    def test_another_unit(self):
        frame, points = look()
        far = replace(frame, depth=frame.depth * 1000)
        with pytest.raises(ValueError, match='may differ in their unit'):
            check_poses(Scene('room', points), [far])

    def test_no_frames(self):
        with pytest.raises(ValueError, match='room: expected frames'):
            check_poses(Scene('room', look()[1]), [])

    def test_many_are_thinned(self):
        frame, points = look()
        scene = Scene('room', np.tile(points, (40, 1)))
        found = check_poses(scene, [frame] * 500)
        assert found.shape == (24,)
        np.testing.assert_allclose(found, 1)


def test_axes_are_turned_upwards():
    for up, axis in (('y', (0, 1, 0)), ('-y', (0, -1, 0)), ('-x', (-1, 0, 0))):
        turn = turn_upwards(up)
        assert (turn @ (*axis, 0)).tolist() == [0, 0, 1, 0]
        assert np.linalg.det(turn) == 1
    with pytest.raises(ValueError, match="`up` to be one of .*got 'up'"):
        turn_upwards('up')
