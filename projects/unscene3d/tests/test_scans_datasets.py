"""Small scans in the formats that the data sets come in."""

import json

import numpy as np
import pytest
from PIL import Image

from projects.unscene3d.unscene3d.scans import (
    keep_objects,
    read_arkit_scenes,
    read_s3dis,
    read_scannet,
    write_ply,
)

NAME = 'scene0707_00'
POINTS = np.random.default_rng(0).random((8, 3)).astype(np.float32)
#: wall wall | chair chair floor | lamp lamp | chair
CLASSES = np.array([1, 1, 5, 5, 2, 35, 35, 5], np.uint16)
SEGMENTS = [7, 7, 3, 3, 3, 11, 11, 4]
GROUPS = [(0, 'wall', [7]), (1, 'chair', [3]), (2, 'lamp', [11])]
GROUPS += [(3, 'chair', [4])]


def mesh(path, points=POINTS, **more):
    columns = dict(zip('xyz', points.T, strict=True))
    for key in ('red', 'green', 'blue', 'alpha'):
        columns[key] = np.full(len(points), 9, np.uint8)
    write_ply(path, columns | more, np.array([[0, 1, 2], [5, 6, 7]]))


@pytest.fixture
def scan(tmp_path):
    folder = tmp_path / NAME
    clean = f'{NAME}_vh_clean_2'
    mesh(folder / f'{clean}.ply')
    mesh(folder / f'{clean}.labels.ply', label=CLASSES)
    write(folder / f'{clean}.0.010000.segs.json', segIndices=SEGMENTS)
    groups = [
        dict(id=i, objectId=i, segments=segments, label=label)
        for i, label, segments in GROUPS
    ]
    write(folder / f'{NAME}.aggregation.json', segGroups=groups)
    return folder


def write(path, **content):
    path.write_text(json.dumps(dict(sceneId=NAME, **content)))


class TestScanNet:
    def test_objects_of_the_benchmark(self, scan):
        found = read_scannet(scan)
        assert found.scene.name == NAME
        # Walls, floors and lamps are none; a floor vertex inside the segment
        # of a chair belongs to the chair.
        assert found.scene.instances.tolist() == [0, 0, 2, 2, 2, 0, 0, 4]
        assert found.segments.tolist() == SEGMENTS
        assert found.classes.tolist() == CLASSES.tolist()
        assert found.scene.faces.tolist() == [[0, 1, 2], [5, 6, 7]]
        assert found.scene.colours.tolist() == [[9, 9, 9]] * 8
        assert found.frames is None

    def test_the_later_group_has_a_shared_segment(self, scan):
        groups = [
            dict(objectId=0, segments=[3, 4]),
            dict(objectId=5, segments=[4]),
        ]
        write(scan / f'{NAME}.aggregation.json', segGroups=groups)
        instances = read_scannet(scan).scene.instances
        assert instances.tolist() == [0, 0, 1, 1, 1, 0, 0, 6]

    def test_a_scan_of_the_hidden_test_set(self, scan):
        for path in scan.iterdir():
            if path.name != f'{NAME}_vh_clean_2.ply':
                path.unlink()
        found = read_scannet(scan)
        assert found.scene.instances is None
        assert found.segments is None and found.classes is None

    @pytest.mark.parametrize('kind', ['segs', 'labels'])
    def test_a_file_of_another_scan(self, scan, kind):
        if kind == 'segs':
            path = scan / f'{NAME}_vh_clean_2.0.010000.segs.json'
            write(path, segIndices=[*SEGMENTS, 1])
        else:
            path = scan / f'{NAME}_vh_clean_2.labels.ply'
            points = np.zeros((9, 3), np.float32)
            mesh(path, points, label=np.zeros(9, np.uint16))
        words = f'{NAME}: expected its {kind}.* of 8 vertices, but got 9'
        with pytest.raises(ValueError, match=words):
            read_scannet(scan)

    def test_groups_of_another_mesh(self, scan):
        (scan / f'{NAME}.aggregation.json').rename(
            scan / f'{NAME}_vh_clean.aggregation.json'
        )
        assert read_scannet(scan).scene.instances.max() == 4
        groups = [dict(objectId=0, segments=[3, 99])]
        write(scan / f'{NAME}_vh_clean.aggregation.json', segGroups=groups)
        with pytest.raises(ValueError, match=r'clean\.agg.*got segment 99'):
            read_scannet(scan)

    def test_groups_of_the_fine_mesh(self, scan):
        write(
            scan / f'{NAME}.aggregation.json',
            segGroups=[dict(objectId=0, segments=[3])],
            segmentsFile=f'scannet.{NAME}_vh_clean.segs.json',
        )
        with pytest.raises(ValueError, match=r'but got those of scannet\.'):
            read_scannet(scan)

    @pytest.mark.parametrize(
        'name,text',
        [
            ('.aggregation.json', '{"segGroups": [{"objectId": 1}]}'),
            ('.aggregation.json', '[]'),
            ('.aggregation.json', '{"segGr'),
            ('_vh_clean_2.0.010000.segs.json', '{"segIndices": ["a"]}'),
            ('_vh_clean_2.0.010000.segs.json', '{"segIndices": 3}'),
            ('_vh_clean_2.0.010000.segs.json', ''),
            ('_vh_clean_2.labels.ply', ''),
            ('_vh_clean_2.ply', 'ply'),
        ],
    )
    def test_damaged_files(self, scan, name, text):
        (scan / f'{NAME}{name}').write_text(text)
        with pytest.raises(ValueError, match=rf'{NAME}{name}: expected'):
            read_scannet(scan)

    @pytest.mark.parametrize('kind', ['segs.json', 'labels.ply'])
    def test_truth_needs_more_files(self, scan, kind):
        next(scan.glob(f'*{kind}')).unlink()
        with pytest.raises(ValueError, match=f'expected the {kind}'):
            read_scannet(scan)

    def test_align(self, scan):
        with pytest.raises(ValueError, match=f'{NAME}.txt'):
            read_scannet(scan, align=True)
        matrix = '0 -1 0 2 1 0 0 3 0 0 1 4 0 0 0 1'
        text = f'appVersion = 1\naxisAlignment = {matrix} \nsceneType = x\n'
        (scan / f'{NAME}.txt').write_text(text)
        points = read_scannet(scan, align=True).scene.points
        x, y, z = POINTS.T
        expected = np.stack([2 - y, 3 + x, 4 + z], axis=1)
        np.testing.assert_allclose(points, expected, rtol=1e-6)
        np.testing.assert_array_equal(read_scannet(scan).scene.points, POINTS)

    def test_frames_are_found(self, scan):
        (scan / 'pose').mkdir()
        with pytest.raises(ValueError, match='expected posed frames'):
            read_scannet(scan)

    def test_another_folder(self, tmp_path):
        with pytest.raises(ValueError, match='expected a scan of ScanNet'):
            read_scannet(tmp_path)

    def test_most_vertices_decide(self):
        instances = np.array([1, 1, 1, 2, 2, 0, 3, 3])
        classes = np.array([5, 5, 1, 2, 2, 5, 40, 40])
        found = keep_objects(instances, classes)
        assert found.tolist() == [1, 1, 1, 0, 0, 0, 0, 0]


class TestS3dis:
    def make(self, folder):
        folder = folder / 'Area_3' / 'office_1' / 'Annotations'
        folder.mkdir(parents=True)
        table = '1.5 2 3 10 20 30\n1 2 3 255 0 0\n'
        for name in ('chair_1', 'chair_2', 'floor_1', 'bookcase_1'):
            (folder / f'{name}.txt').write_text(table)
        return folder.parent

    def test_everything_is_read(self, tmp_path):
        scene = read_s3dis(self.make(tmp_path))
        assert scene.name == 'Area_3_office_1'
        # bookcase, chair, chair, floor
        assert scene.instances.tolist() == [1, 1, 2, 2, 3, 3, 0, 0]
        assert scene.points[0].tolist() == [1.5, 2, 3]
        assert scene.colours[1].tolist() == [255, 0, 0]

    @pytest.mark.parametrize(
        'text', ['', '1 2 3\n', '1 2 3 4 5 6\n1 2 3 4 5\x106 7\n']
    )
    def test_damaged_files(self, tmp_path, text):
        room = self.make(tmp_path)
        (room / 'Annotations' / 'chair_2.txt').write_text(text)
        with pytest.raises(ValueError, match=r'chair_2\.txt: expected lines'):
            read_s3dis(room)

    def test_another_folder(self, tmp_path):
        with pytest.raises(ValueError, match='expected a room of S3DIS'):
            read_s3dis(tmp_path)


class TestArkitScenes:
    @pytest.fixture(params=['raw', 'frames'])
    def scan(self, request, tmp_path):
        folder = tmp_path / '40753679'
        mesh(folder / '40753679_3dod_mesh.ply')
        base = folder
        if request.param == 'frames':
            base = folder / '40753679_frames'
        for name in ('lowres_wide', 'lowres_depth', 'lowres_wide_intrinsics'):
            (base / name).mkdir(parents=True)
        # Images every 16 ms, poses every 100: 0.400, then 0.500.
        for time in ('6845.400', '6845.416', '6845.450', '6845.499'):
            name = f'40753679_{time}'
            colour = Image.fromarray(np.zeros((4, 6, 3), np.uint8))
            colour.save(base / 'lowres_wide' / f'{name}.png')
            depth = Image.fromarray(np.full((4, 6), 1250, np.uint16))
            depth.save(base / 'lowres_depth' / f'{name}.png')
            camera = base / 'lowres_wide_intrinsics'
            if time == '6845.416':
                name = '40753679_6845.417'
            (camera / f'{name}.pincam').write_text('6 4 5.5 5.25 3 2')
        # World to camera: a quarter turn about z, then a shift.
        quarter = f'0 0 {np.pi / 2:.12f}'
        (base / 'lowres_wide.traj').write_text(
            f'6845.400 {quarter} 1 2 3\n6845.500 0 0 0 0 0 0.5\n'
        )
        return folder

    def test_everything_is_read(self, scan):
        scene, found = read_arkit_scenes(scan)
        assert scene.name == '40753679'
        assert scene.instances is None
        # 0.450 is 50 ms from each pose.
        times = [frame.name.rpartition('.')[2] for frame in found]
        assert times == ['400', '416', '499']
        frame = found[0]
        assert frame.depth[0, 0] == 1.25
        expected = [[5.5, 0, 3], [0, 5.25, 2], [0, 0, 1]]
        assert frame.intrinsics.tolist() == expected
        # What stands at the camera goes to the origin of the camera.
        place = frame.pose[:3, 3]
        turned = np.array([-place[1], place[0], place[2]])
        np.testing.assert_allclose(turned, [-1, -2, -3], atol=1e-9)
        np.testing.assert_allclose(found[2].pose[:3, 3], [0, 0, -0.5])

    def test_without_images(self, tmp_path):
        mesh(tmp_path / '1' / '1_3dod_mesh.ply')
        assert read_arkit_scenes(tmp_path / '1')[1] is None

    @pytest.mark.parametrize(
        'text,words',
        [
            ('', 'lowres_wide.traj: expected lines of time'),
            ('1 2 3', 'lowres_wide.traj: expected lines of time'),
            ('1 0 0 0 0 0 0', 'none for 4 images'),
        ],
    )
    def test_odd_trajectories(self, scan, text, words):
        next(scan.rglob('*.traj')).write_text(text)
        with pytest.raises(ValueError, match=words):
            read_arkit_scenes(scan)

    @pytest.mark.parametrize('what', ['traj', 'pincam'])
    def test_files_are_missing(self, scan, what):
        for path in scan.rglob(f'*.{what}'):
            path.unlink()
        with pytest.raises(ValueError, match='no (such )?file'):
            read_arkit_scenes(scan)

    def test_another_folder(self, tmp_path):
        with pytest.raises(ValueError, match='expected a scan of ARKit'):
            read_arkit_scenes(tmp_path)
