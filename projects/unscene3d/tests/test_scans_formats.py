import struct

import numpy as np
import pytest
from helpers import shared_data

from projects.unscene3d.unscene3d.scans import read_ply, read_scene, write_ply

FORMATS = ['ascii', 'binary_little_endian', 'binary_big_endian']
HEADER = """ply
format {format} 1.0
comment made by a test
obj_info a scanner
element camera 1
property float view
element vertex 6
property double x
property double y
property double z
property float nx
property float ny
property float nz
property uchar red
property uchar green
property uchar blue
property uchar alpha
property ushort label
property int instance
element face {number}
property list uchar int vertex_indices
property int flag
end_header
"""
MIXED = [[0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 4, 5], [4, 5]]
FANS = [[0, 1, 2], [0, 1, 2], [0, 2, 3], [1, 2, 3], [1, 3, 4], [1, 4, 5]]
POINTS = np.random.default_rng(0).random((6, 3))


def write(path, kind, faces=MIXED, cut=0):
    """The file of HEADER, by struct and by text."""
    content = HEADER.format(format=kind, number=len(faces)).encode()
    order = {'binary_little_endian': '<', 'binary_big_endian': '>'}.get(kind)
    rows = [('f', [0.5])]
    for index, point in enumerate(POINTS):
        values = [*point, 0, 3, 4, 10 * index, 20, 30, 255]
        rows.append(('dddfffBBBBHi', [*values, 300 + index, index - 1]))
    for face in faces:
        values = [len(face), *face, 7]
        rows.append((f'B{len(face)}ii', values))
    for types, values in rows:
        if order:
            content += struct.pack(order + types, *values)
        else:
            content += (' '.join(map(str, values)) + '\n').encode()
    path.write_bytes(content[: len(content) - cut])
    return path


class TestPly:
    @pytest.mark.parametrize('kind', FORMATS)
    def test_everything_is_read(self, tmp_path, kind):
        path = write(tmp_path / 'room.ply', kind)
        vertices, faces = read_ply(path)
        assert vertices['label'].dtype == np.uint16
        assert vertices['label'].tolist() == list(range(300, 306))
        assert faces.tolist() == FANS
        scene = read_scene(path)
        assert scene.name == 'room'
        np.testing.assert_array_equal(scene.points, np.float32(POINTS))
        assert scene.colours.dtype == np.uint8
        assert scene.colours[:, 0].tolist() == [0, 10, 20, 30, 40, 50]
        np.testing.assert_allclose(scene.normals, [[0, 0.6, 0.8]] * 6)
        assert scene.faces.tolist() == FANS
        # -1 means none, so that 0 is the first.
        assert scene.instances.tolist() == [0, 1, 2, 3, 4, 5]

    @pytest.mark.parametrize('kind', FORMATS)
    def test_triangles_of_one_size(self, tmp_path, kind):
        triangles = [[0, 1, 2], [3, 4, 5]]
        scene = read_scene(write(tmp_path / 'a.ply', kind, triangles))
        assert scene.faces.tolist() == triangles

    @pytest.mark.parametrize('kind', FORMATS)
    @pytest.mark.parametrize('cut', [12, 60, 250])
    def test_half_a_file(self, tmp_path, kind, cut):
        path = write(tmp_path / 'room.ply', kind, cut=cut)
        with pytest.raises(ValueError, match=r'room\.ply: expected [46] of'):
            read_scene(path)

    @pytest.mark.parametrize('number', [0, 1])
    def test_a_header_and_no_more(self, tmp_path, number):
        path = tmp_path / 'a.ply'
        head = 'ply\nformat binary_little_endian 1.0\nelement vertex '
        xyz = ''.join(f'property float {axis}\n' for axis in 'xyz')
        path.write_text(f'{head}{number}\n{xyz}end_header\n')
        with pytest.raises(ValueError, match='a.*expected'):
            read_scene(path)

    @pytest.mark.parametrize(
        'content',
        [
            b'',
            b'\x89PNG',
            b'ply\nformat ascii 1.0\n',
            b'ply\nformat ascii 1.0\nend_header\n',
            b'ply\nformat odd 1.0\nelement vertex 1\nend_header\n',
            b'ply\nformat ascii 1.0\nelement vertex 1\nproperty half x\n'
            b'end_header\n1\n',
            b'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\n'
            b'end_header\n1\n',
            b'ply\nformat ascii 1.0\nelement vertex 1\nend_header\n1\n',
            b'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\n'
            b'property float x\nend_header\n1 2\n',
        ],
    )
    def test_another_file(self, tmp_path, content):
        path = tmp_path / 'odd.ply'
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r'odd\.ply: expected'):
            read_scene(path)

    def test_words_among_the_numbers(self, tmp_path):
        path = write(tmp_path / 'a.ply', 'ascii')
        path.write_text(path.read_text().replace('20 30', '20 oops', 1))
        with pytest.raises(ValueError, match=r'a\.ply: expected 6 of'):
            read_scene(path)

    def test_what_is_written_is_read(self, tmp_path):
        vertices = dict(
            x=np.float64([1e7, 2]),
            label=np.uint16([7, 65535]),
            odd=np.int8([-3, 4]),
        )
        path = write_ply(tmp_path / 'sub' / 'a.ply', vertices, np.eye(3)[:1])
        found, faces = read_ply(path)
        assert faces.tolist() == [[1, 0, 0]]
        for key, value in vertices.items():
            assert found[key].dtype == value.dtype
            np.testing.assert_array_equal(found[key], value)

    def test_open3d_reads_what_is_written(self, tmp_path):
        o3d = pytest.importorskip('open3d')
        columns = dict(zip('xyz', np.float32(POINTS.T), strict=True))
        colours = np.uint8(POINTS * 255)
        columns |= zip(('red', 'green', 'blue'), colours.T, strict=True)
        path = write_ply(tmp_path / 'a.ply', columns, np.array(FANS))
        mesh = o3d.io.read_triangle_mesh(str(path))
        np.testing.assert_allclose(mesh.vertices, np.float32(POINTS))
        assert np.asarray(mesh.triangles).tolist() == FANS
        found = np.round(np.asarray(mesh.vertex_colors) * 255)
        np.testing.assert_array_equal(found, colours)

    def test_colours_as_floats(self, tmp_path):
        columns = {key: np.float32([0.0, 1, 0.5]) for key in 'xyz'}
        columns |= dict.fromkeys(('red', 'green', 'blue'), columns['x'])
        scene = read_scene(write_ply(tmp_path / 'a.ply', columns))
        assert scene.colours.tolist() == [[0] * 3, [255] * 3, [128] * 3]
        assert scene.faces is None and scene.instances is None

    def test_faces_of_no_vertex(self, tmp_path):
        columns = {key: np.float32([0, 1, 2]) for key in 'xyz'}
        path = write_ply(tmp_path / 'a.ply', columns, np.array([[0, 1, 3]]))
        with pytest.raises(ValueError, match='vertices 0 to 2, but got 0 to'):
            read_scene(path)


class TestOthers:
    @pytest.mark.parametrize(
        'text,colours',
        [
            ('0 0 0\n1 2 3\n', None),
            ('0,0,0,9\n1,2,3,9\n', None),
            ('2\n0 0 0 -77 255 0 10\n1 2 3 -80 255 1 10\n', [255, 1, 10]),
            ('0 0 0 0.2 0 1\n1 2 3 1 0.2 0\n', [255, 51, 0]),
        ],
    )
    def test_text(self, tmp_path, text, colours):
        (tmp_path / 'a.xyz').write_text(text)
        scene = read_scene(tmp_path / 'a.xyz')
        assert scene.points.tolist() == [[0, 0, 0], [1, 2, 3]]
        if colours is None:
            assert scene.colours is None
        else:
            assert scene.colours[1].tolist() == colours

    @pytest.mark.parametrize(
        'text', ['', '1 2\n', '1 2 3\n1 2\n', 'a b c\n', '1 2 3 -1 0 0\n']
    )
    def test_odd_text(self, tmp_path, text):
        (tmp_path / 'a.xyz').write_text(text)
        with pytest.raises(ValueError, match='^a'):
            read_scene(tmp_path / 'a.xyz')

    @pytest.mark.parametrize('key', ['points', 'xyz'])
    def test_npz(self, tmp_path, key):
        np.savez(tmp_path / 'a.npz', **{key: POINTS, 'rgb': POINTS * 0})
        scene = read_scene(tmp_path / 'a.npz', name='other')
        assert scene.name == 'other'
        assert scene.colours.tolist() == [[0, 0, 0]] * 6

    @pytest.mark.parametrize(
        'arrays',
        [
            dict(colours=np.zeros((6, 3))),
            dict(points=np.zeros(6)),
            dict(points=POINTS, colours=np.zeros((5, 3), np.uint8)),
            dict(points=POINTS, instances=np.zeros((6, 1), int)),
            dict(points=POINTS, instances=np.full(6, 0.5)),
            dict(points=np.zeros((0, 3))),
            dict(points=POINTS, colours=np.full((6, 3), 1e9)),
        ],
    )
    def test_odd_npz(self, tmp_path, arrays):
        np.savez(tmp_path / 'a.npz', **arrays)
        with pytest.raises(ValueError, match='^a.*expected'):
            read_scene(tmp_path / 'a.npz')

    def test_a_real_scan(self):
        scene = read_scene(shared_data('scannet', 'scene0000_00.npz'))
        assert len(scene) == 81_369
        assert scene.colours.dtype == np.uint8
        assert scene.instances.max() == 67

    @pytest.mark.parametrize('name', ['a.stl', 'a', 'a.PNG'])
    def test_another_ending(self, tmp_path, name):
        with pytest.raises(ValueError, match=f'^{name}: expected.*.ply'):
            read_scene(tmp_path / name)

    @pytest.mark.parametrize('name', ['a.ply', 'a.npz', 'a.obj', 'a.xyz'])
    def test_no_file(self, tmp_path, name):
        with pytest.raises(ValueError, match=rf'{name} to be .*no file there'):
            read_scene(tmp_path / name)
        (tmp_path / name).mkdir()
        with pytest.raises(ValueError, match='a folder'):
            read_scene(tmp_path / name)

    def test_upper_case(self, tmp_path):
        write(tmp_path / 'A.PLY', 'ascii')
        assert len(read_scene(tmp_path / 'A.PLY')) == 6
