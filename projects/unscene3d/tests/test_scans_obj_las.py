import numpy as np
import pytest

from projects.unscene3d.unscene3d.scans import read_scene

POINTS = np.random.default_rng(0).random((6, 3))


class TestObj:
    def test_everything_keeps_its_place(self, tmp_path):
        path = tmp_path / 'a.obj'
        path.write_text(
            '# made\nmtllib a.mtl\no thing\n'
            'v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1 1 0 0 0 1\nv 0 1 0 1 1 1\n'
            'v 9 9 9 0.5 0.5 0.5\nv 0 0 0 0.1 0.2 0.3\nvt 0 0\nvn 0 0 1\n'
            'usemtl x\ns off\n'
            'f 1/1/1 2/2/1 3/1/2 4/2/2\nf -6//1 -5//1 -4//2\nf 1 2 4\n'
        )
        scene = read_scene(path)
        assert scene.points[4].tolist() == [9, 9, 9]
        assert scene.colours[5].tolist() == [26, 51, 76]
        assert scene.faces.tolist() == [
            [0, 1, 2],
            [0, 2, 3],
            [0, 1, 2],
            [0, 1, 3],
        ]

    def test_a_cloud_without_colours(self, tmp_path):
        (tmp_path / 'a.obj').write_text('v 0 0 0\nv 1 2 3\n')
        scene = read_scene(tmp_path / 'a.obj')
        assert scene.colours is None and scene.faces is None
        assert scene.points.tolist() == [[0, 0, 0], [1, 2, 3]]

    @pytest.mark.parametrize(
        'text,words',
        [
            ('', 'expected vertices'),
            ('v 0 0 0\nv 1 x 0\n', 'in line 2'),
            ('v 0 0 0\nv 1 0\n', 'in line 2'),
            ('v 0 0 0\nf 1 1 2\n', 'vertices 0 to 0'),
            ('v 0 0 0\nf 1 1 -2\n', 'in line 2'),
            ('v 0 0\n', '2 values'),
        ],
    )
    def test_odd_files(self, tmp_path, text, words):
        (tmp_path / 'a.obj').write_text(text)
        with pytest.raises(ValueError, match=f'^a.*{words}'):
            read_scene(tmp_path / 'a.obj')


class TestLas:
    @pytest.fixture
    def laspy(self):
        return pytest.importorskip('laspy')

    def make(self, laspy, path, colours, at=(431_000.0, 5_400_000.0, 250.0)):
        header = laspy.LasHeader(point_format=2, version='1.2')
        header.scales, header.offsets = [0.001] * 3, list(at)
        las = laspy.LasData(header)
        las.x, las.y, las.z = (POINTS * 5 + at).T
        las.red, las.green, las.blue = np.uint16(colours).T
        las.write(str(path))
        return path

    @pytest.mark.parametrize('ending', ['las', 'laz'])
    def test_colours_of_16_bits_on_a_map(
        self, laspy, tmp_path, ending, caplog
    ):
        if ending == 'laz':
            pytest.importorskip('lazrs')
        colours = np.tile(np.arange(6)[:, None] * 257 * 50, 3)
        path = self.make(laspy, tmp_path / f'a.{ending}', colours)
        scene = read_scene(path)
        assert scene.colours[:, 0].tolist() == [0, 50, 100, 150, 200, 250]
        # A millimetre of the file is left, which float32 has not at 5e6.
        gap = np.linalg.norm(np.diff(scene.points, axis=0), axis=1)
        expected = np.linalg.norm(np.diff(POINTS * 5, axis=0), axis=1)
        np.testing.assert_allclose(gap, expected, atol=0.003)
        assert abs(scene.points).max() < 10

    def test_colours_of_8_bits_in_16(self, laspy, tmp_path):
        colours = np.tile(np.arange(6)[:, None] * 40, 3)
        path = self.make(laspy, tmp_path / 'a.las', colours)
        assert read_scene(path).colours[5].tolist() == [200] * 3

    def test_no_colours_in_a_format_that_has_some(self, laspy, tmp_path):
        path = self.make(laspy, tmp_path / 'a.las', np.zeros((6, 3)))
        assert read_scene(path).colours is None

    def test_offset(self, laspy, tmp_path):
        path = self.make(laspy, tmp_path / 'a.las', np.zeros((6, 3)))
        scene = read_scene(path, offset=(431_000, 5_400_000, 250))
        np.testing.assert_allclose(scene.points, POINTS * 5, atol=0.002)

    @pytest.mark.parametrize('cut', [20, 120, 300])
    def test_half_a_file(self, laspy, tmp_path, cut):
        path = self.make(laspy, tmp_path / 'a.las', np.zeros((6, 3)))
        path.write_bytes(path.read_bytes()[:-cut])
        with pytest.raises(ValueError, match=r'a\.las: expected'):
            read_scene(path)

    def test_another_file(self, laspy, tmp_path):
        (tmp_path / 'a.laz').write_bytes(b'no such thing')
        with pytest.raises(ValueError, match=r'a\.laz: expected a LAS'):
            read_scene(tmp_path / 'a.laz')

    def test_records_that_are_not_there(self, laspy, tmp_path):
        """laspy would read empty records for hours."""
        path = self.make(laspy, tmp_path / 'a.las', np.zeros((6, 3)))
        content = bytearray(path.read_bytes())
        content[100:104] = b'\xff' * 4
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r'a\.las: .*4,294,967,295 rec'):
            read_scene(path)

    def test_points_that_are_not_there(self, laspy, tmp_path):
        path = self.make(laspy, tmp_path / 'a.las', np.zeros((6, 3)))
        content = bytearray(path.read_bytes())
        content[107:111] = b'\xff' * 4
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r'a\.las: .*4,294,967,295 poi'):
            read_scene(path)

    def test_without_laspy(self, tmp_path, monkeypatch):
        monkeypatch.setitem(__import__('sys').modules, 'laspy', None)
        (tmp_path / 'a.las').write_bytes(b'LASF')
        with pytest.raises(ImportError, match='pip install'):
            read_scene(tmp_path / 'a.las')
