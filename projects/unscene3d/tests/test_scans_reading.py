import numpy as np
import pytest

from projects.unscene3d.unscene3d.scans import (
    raw,
    read_ply,
    read_scene,
    save_scannet_predictions,
    save_scene_npz,
    save_scene_ply,
    vertex_instances,
)
from projects.unscene3d.unscene3d.structures import (
    Scene,
    SceneInstances,
    Segments,
)

RNG = np.random.default_rng(0)


def whole(number=8, **more):
    """A scene with all that a scene can have."""
    normals = RNG.normal(size=(number, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Scene(
        'whole',
        RNG.random((number, 3)).astype(np.float32),
        RNG.integers(0, 256, (number, 3)).astype(np.uint8),
        normals.astype(np.float32),
        np.array([[0, 1, 2], [5, 4, 3], [2, 2, 6]], np.int32),
        RNG.integers(0, 4, number).astype(np.int32),
    )


def masks():
    segments = Segments(
        np.int32([0, 0, 1, 1, 2, 2, 3, 3]), np.int32([[0, 1], [1, 2], [2, 3]])
    )
    chosen = np.array([[1, 1, 0, 0], [0, 1, 1, 0]], bool)
    return SceneInstances(chosen, np.float32([0.4, 0.9]), segments)


@pytest.fixture
def lines(monkeypatch):
    """What the log says while a file is read."""
    said = []
    monkeypatch.setattr(raw, 'print_log', lambda text, *_: said.append(text))
    return said


class TestAxesAndUnits:
    @pytest.mark.parametrize(
        'up,expected',
        [
            ('z', [1, 2, 3]),
            ('-z', [1, -2, -3]),
            ('y', [1, -3, 2]),
            ('-y', [1, 3, -2]),
            ('x', [-3, 2, 1]),
            ('-x', [3, 2, -1]),
        ],
    )
    def test_up(self, tmp_path, up, expected):
        points = np.array([[1, 2, 3], *np.eye(3)])
        np.savez(tmp_path / 'a.npz', points=points, normals=points)
        scene = read_scene(tmp_path / 'a.npz', up=up)
        assert scene.points[0].tolist() == expected
        unit = np.array(expected) / np.sqrt(14)
        np.testing.assert_allclose(scene.normals[0], unit, rtol=1e-6)
        # No mirror: left stays left.
        turn = scene.points[1:]
        assert np.linalg.det(turn) == pytest.approx(1)
        axis = 'xyz'.index(up[-1])
        assert turn[axis, 2] == (-1 if up[0] == '-' else 1)

    @pytest.mark.parametrize('unit,metres', [('mm', 0.001), ('cm', 0.01)])
    def test_unit(self, tmp_path, unit, metres):
        np.savez(tmp_path / 'a.npz', points=np.array([[1500, 0, -2]]))
        scene = read_scene(tmp_path / 'a.npz', unit=unit)
        expected = np.array([1500, 0, -2]) * metres
        np.testing.assert_allclose(scene.points[0], expected, rtol=1e-6)

    @pytest.mark.parametrize('setting', [dict(unit='inch'), dict(up='w')])
    def test_others(self, tmp_path, setting):
        np.savez(tmp_path / 'a.npz', points=np.eye(3))
        with pytest.raises(ValueError, match=next(iter(setting))):
            read_scene(tmp_path / 'a.npz', **setting)

    def test_large_coordinates_come_back(self, tmp_path, lines):
        points = RNG.random((50, 3)) + np.array([500_000, 4_000_000, 100])
        np.savez(tmp_path / 'a.npz', points=points)
        scene = read_scene(tmp_path / 'a.npz')
        assert abs(scene.points).max() <= 2
        assert (
            '(500000.0, 4000000.0, 100.0) metres were subtracted' in lines[0]
        )
        offset = (500_000, 4_000_000, 100)
        path = save_scene_ply(scene, None, tmp_path / 'b.ply', offset=offset)
        vertices, _ = read_ply(path)
        found = np.stack([vertices[axis] for axis in 'xyz'], axis=1)
        np.testing.assert_allclose(found, points, rtol=0, atol=1e-6)

    def test_longer_than_any_scan(self, tmp_path):
        np.savez(
            tmp_path / 'a.npz', points=np.array([[0, 0, 0], [1e30, 0, 0]])
        )
        with pytest.raises(ValueError, match='a: .*within 1,000,000 metres'):
            read_scene(tmp_path / 'a.npz')


class TestInvalid:
    def make(self, path):
        points = np.arange(18.0).reshape(6, 3)
        points[1, 2], points[4, 0] = np.nan, np.inf
        np.savez(
            path,
            points=points,
            colours=np.uint8(np.arange(18).reshape(6, 3)),
            faces=np.array([[0, 2, 3], [0, 1, 2], [2, 3, 5], [3, 4, 5]]),
            instances=np.arange(6),
        )
        return path

    def test_is_counted_with_the_remedy(self, tmp_path):
        words = '2 of 6 vertices are NaN or infinite, the first is vertex 1'
        with pytest.raises(ValueError, match=f'{words}; `drop_invalid=True`'):
            read_scene(self.make(tmp_path / 'a.npz'))

    def test_is_left_out_with_its_faces(self, tmp_path, lines):
        path = self.make(tmp_path / 'a.npz')
        scene = read_scene(path, drop_invalid=True)
        assert lines == ['a: 2 of 6 vertices are NaN or infinite: left out.']
        assert scene.points[:, 0].tolist() == [0, 6, 9, 15]
        assert scene.colours[:, 0].tolist() == [0, 6, 9, 15]
        assert scene.instances.tolist() == [0, 2, 3, 5]
        assert scene.faces.tolist() == [[0, 1, 2], [1, 2, 3]]

    def test_of_which_nothing_is_left(self, tmp_path):
        np.savez(tmp_path / 'a.npz', points=np.full((3, 3), np.nan))
        with pytest.raises(ValueError, match='3 of 3 vertices'):
            read_scene(tmp_path / 'a.npz', drop_invalid=True)

    @pytest.mark.parametrize('bad', [0, np.nan])
    def test_normals_are_made_anew(self, tmp_path, bad):
        normals = np.eye(3)
        normals[1] = bad
        np.savez(tmp_path / 'a.npz', points=np.eye(3), normals=normals)
        assert read_scene(tmp_path / 'a.npz').normals is None


class TestWriting:
    @pytest.mark.parametrize('ending', ['ply', 'npz'])
    def test_a_scene_comes_back(self, tmp_path, ending):
        scene = whole()
        path = tmp_path / 'sub' / f'whole.{ending}'
        if ending == 'ply':
            save_scene_ply(scene, None, path, what='colours')
        else:
            save_scene_npz(scene, path)
        found = read_scene(path)
        for key, value in vars(scene).items():
            if key == 'name':
                assert found.name == value
                continue
            got = getattr(found, key)
            assert got.dtype == value.dtype, key
            if key == 'normals':
                np.testing.assert_allclose(got, value, atol=1e-6)
            else:
                np.testing.assert_array_equal(got, value, key)

    def test_points_alone_come_back(self, tmp_path):
        scene = Scene('bare', RNG.random((4, 3)).astype(np.float32))
        path = save_scene_ply(scene, None, tmp_path / 'a.ply', 'colours')
        found = read_scene(path)
        assert found.colours is None and found.instances is None
        np.testing.assert_array_equal(found.points, scene.points)

    def test_instances_are_coloured_and_numbered(self, tmp_path):
        scene = whole()
        path = save_scene_ply(scene, masks(), tmp_path / 'a.ply')
        found = read_scene(path)
        # The second mask has the higher score.
        assert found.instances.tolist() == [1, 1, 2, 2, 2, 2, 0, 0]
        colours = found.colours
        assert colours[6].tolist() == colours[7].tolist() == [200] * 3
        assert len(np.unique(colours, axis=0)) == 3
        assert (colours[2:6] == colours[2]).all()
        other = save_scene_ply(
            scene, np.int32([1, 5, 2, 2, 3, 4, 0, 0]), tmp_path / 'b.ply'
        )
        again = read_scene(other).colours
        assert again[0].tolist() == colours[0].tolist()
        assert again[2].tolist() == colours[2].tolist()

    def test_of_another_scene(self, tmp_path):
        with pytest.raises(ValueError, match='whole: expected instances of 9'):
            save_scene_ply(whole(9), masks(), tmp_path / 'a.ply')
        with pytest.raises(ValueError, match='whole: expected instances of 9'):
            vertex_instances(whole(9), np.zeros(8, int))
        with pytest.raises(ValueError, match='whole: expected instances of 9'):
            save_scannet_predictions(whole(9), masks(), tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_benchmark(self, tmp_path):
        path = save_scannet_predictions(whole(), masks(), tmp_path, 5)
        lines = [line.split() for line in path.read_text().splitlines()]
        assert [line[1:] for line in lines] == [
            ['5', '0.400000'],
            ['5', '0.900000'],
        ]
        assert lines[1][0] == 'predicted_masks/whole_001.txt'
        found = np.stack([np.loadtxt(tmp_path / line[0]) for line in lines])
        np.testing.assert_array_equal(found, masks().on_vertices())

    @pytest.mark.parametrize('name', ['', '../up', 'a/b'])
    def test_benchmark_stays_in_its_folder(self, tmp_path, name):
        scene = Scene(name, np.zeros((8, 3), np.float32))
        with pytest.raises(ValueError, match='name that can be'):
            save_scannet_predictions(scene, masks(), tmp_path)
