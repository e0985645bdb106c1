"""What the numbers of a source are, and cameras that measure along rays."""

import json

import numpy as np
import pytest
from helpers import shared_data

from mmcuts3d.models.depth import Camera, DepthFromFiles, DepthKind
from mmcuts3d.models.depth.normalise import normalise_depth

DISTANCES = np.array([[1.0, 2.0], [4.0, 8.0]])
CAMERA = {'fx': 4.0, 'fy': 2.0, 'cx': 1.0, 'cy': 1.0}


def brought(kind, numbers, **settings):
    """Depth of the cuts from the numbers of a source."""
    kind = DepthKind.of(kind)
    return normalise_depth(
        kind.read(np.asarray(numbers)), **kind.settings(), **settings
    )


@pytest.mark.parametrize(
    ('kind', 'numbers'),
    [
        ({'numbers': 'metric', 'unit': 'm'}, DISTANCES),
        ({'numbers': 'metric', 'unit': 'cm', 'scale': 0.5}, 200 * DISTANCES),
        ({'numbers': 'metric', 'unit': 'mm'}, (1000 * DISTANCES).astype('u2')),
        ({'numbers': 'inverse', 'unit': 'm', 'scale': 40}, 40 / DISTANCES),
        ('inverse', 1 / DISTANCES),
        ('affine-invariant', 5 * DISTANCES - 70),
        ('affine-invariant inverse', -3 * DISTANCES + 2),
    ],
)
def test_every_kind_gives_one_depth(kind, numbers):
    expected = (DISTANCES - 1) / 7
    np.testing.assert_allclose(brought(kind, numbers), expected, atol=1e-6)


def test_inverse_depth_of_unknown_offset_is_turned_and_not_inverted():
    disparity = 1 / DISTANCES
    turned = brought('affine-invariant inverse', disparity)
    np.testing.assert_allclose(turned, (1 - disparity) / 0.875, atol=1e-6)


def test_what_was_not_measured_and_what_is_far():
    metres = {'numbers': 'metric', 'unit': 'm', 'invalid': 0}
    numbers = [[0, 1, 3, np.inf], [1, 2, 99, 3]]
    far = DepthKind(**metres, far=5)
    np.testing.assert_array_equal(
        far.read(np.array(numbers)), [[np.nan, 1, 3, 5], [1, 2, 5, 3]]
    )
    np.testing.assert_allclose(
        brought(far, numbers), [[0, 0, 0.5, 1], [0, 0.25, 1, 0.5]]
    )
    # Without a far plane, infinity was not measured: 3 is the nearest pixel.
    assert brought(metres, numbers)[0, 3] == pytest.approx(2 / 98)
    # An inverse distance of 0 is infinitely far.
    stereo = DepthKind('inverse', scale=6, far=5)
    np.testing.assert_array_equal(
        stereo.read(np.array([[0, 1], [2, 6]])), [[5, 5], [3, 1]]
    )
    assert DepthKind('inverse').read(np.array([[np.inf, 0]]))[0, 1] == np.inf
    several = DepthKind('metric', 'm', invalid=[0, 65535])
    np.testing.assert_array_equal(
        several.read(np.array([[0, 3, 65535]])), [[np.nan, 3, np.nan]]
    )
    # The value for "not measured" is the file's, whatever the scale.
    scaled = DepthKind('metric', 'm', scale=0.5, invalid=4)
    np.testing.assert_array_equal(
        scaled.read(np.array([[4, 8]])), [[np.nan, 4]]
    )


def test_the_map_that_was_given_is_not_changed():
    given = np.array([[0.0, 2.0]])
    DepthKind('metric', 'm', invalid=0, far=1).read(given)
    np.testing.assert_array_equal(given, [[0, 2]])


def test_distances_along_rays_become_depth():
    """A plane across the axis is a sphere of no kind."""
    kind = DepthKind('metric', 'm', ray_camera=CAMERA)
    rows, columns = np.mgrid[0:3, 0:5]
    points = np.stack([(columns - 1) / 4, (rows - 1) / 2, np.ones((3, 5))])
    distances = np.linalg.norm(3 * points, axis=0)
    np.testing.assert_allclose(kind.read(distances), np.full((3, 5), 3.0))
    # The same view with half the pixels: centres lie between those of before.
    large = Camera(fx=8, fy=8, cx=7.5, cy=3.5, width=16, height=8)
    small = Camera(fx=4, fy=4, cx=3.5, cy=1.5)
    np.testing.assert_allclose(
        large.ray_lengths((4, 8)), small.ray_lengths((4, 8))
    )
    assert small.ray_lengths((4, 8)).min() >= 1


@pytest.mark.parametrize('name', ['rgbd_osd', 'rgbd_tabletop'])
def test_files_of_cameras(name):
    path = shared_data(name, 'camera.json')
    camera = Camera.of(str(path))
    numbers = json.loads(path.read_text())
    assert (camera.fx, camera.width) == (numbers['fx'], 640)
    assert camera.cx in (numbers.get('cx'), numbers.get('x_offset'))


def test_a_camera_is_read_from_json(tmp_path):
    path = tmp_path / 'camera.json'
    path.write_text(json.dumps({'fx': 2, 'fy': 3, 'x_offset': 4, 'cy': 5}))
    assert Camera.of(path) == Camera(2, 3, 4, 5)
    assert DepthKind('metric', 'm', ray_camera=path).ray_camera.cx == 4
    path.write_text('[]')
    with pytest.raises(ValueError, match=r'camera\.json to hold fx.*list'):
        Camera.of(path)


@pytest.mark.parametrize(
    ('camera', 'message'),
    [
        ({'fx': 1, 'fy': 1, 'cx': 0}, r"\['cy'\]"),
        ({**CAMERA, 'fx': 0}, '`fx`'),
        ({**CAMERA, 'cy': '1'}, "`cy` .*'1'"),
        ({**CAMERA, 'width': -1}, '`width`'),
        (7, 'int'),
    ],
)
def test_bad_cameras(camera, message):
    with pytest.raises(ValueError, match=message):
        Camera.of(camera)


@pytest.mark.parametrize(
    ('kind', 'message'),
    [
        ('depth', "`numbers` .*'depth'"),
        ('metric', '`unit` .* for metric depth, but got None'),
        ({'numbers': 'metric', 'unit': 'feet'}, "`unit` .*'feet'"),
        ({'numbers': 'affine-invariant', 'unit': 'm'}, "`unit` .*'m'"),
        ({'numbers': 'affine-invariant inverse', 'far': 3}, '`far` .*3'),
        ({'numbers': 'inverse', 'ray_camera': CAMERA}, '`ray_camera`'),
        ({'numbers': 'inverse', 'scale': 0}, '`scale` .*0'),
        ({'numbers': 'inverse', 'scale': '2'}, "`scale` .*'2'"),
        ({'numbers': 'inverse', 'scale': None}, '`scale` .*None'),
        ({'numbers': 'metric', 'unit': 'm', 'far': -1}, '`far` .*-1'),
        ({'numbers': 'inverse', 'invalid': '0'}, "`invalid` .*'0'"),
        ({'numbers': 'inverse', 'invalid': [0, None]}, '`invalid`'),
        ({'unit': 'm'}, '`kind`'),
        ({'numbers': 'inverse', 'offset': 1}, '`kind` .*offset'),
        (3, '`kind` .*3'),
    ],
)
def test_bad_kinds(kind, message):
    with pytest.raises(ValueError, match=message):
        DepthKind.of(kind)


def test_bad_maps_of_a_kind():
    with pytest.raises(ValueError, match=r'no negative inverse .*-2'):
        DepthKind('inverse').read(np.array([[1, -2]]))
    with pytest.raises(ValueError, match=r'\(H, W\) array'):
        DepthKind('inverse').read(np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match="`unit` .*'mm'"):
        brought({'numbers': 'metric', 'unit': 'mm'}, DISTANCES)


@pytest.mark.parametrize(
    ('short', 'kind'),
    [
        ({}, DepthKind('affine-invariant')),
        ({'direction': 'near_is_large'}, 'affine-invariant inverse'),
        ({'unit': 'mm', 'invalid': 0}, DepthKind('metric', 'mm', invalid=0)),
        (
            {'unit': 'm', 'scale': 1 / 5000},
            {'numbers': 'metric', 'unit': 'm', 'scale': 1 / 5000},
        ),
    ],
)
def test_short_settings_name_a_kind(short, kind, tmp_path):
    assert DepthFromFiles(tmp_path, **short).kind == DepthKind.of(kind)
    assert DepthFromFiles(tmp_path, kind=kind).kind == DepthKind.of(kind)
    for name in short:
        with pytest.raises(ValueError, match=f"`kind` or .*'{name}'"):
            DepthFromFiles(tmp_path, kind=kind, **short)
    with pytest.raises(ValueError, match='`direction`'):
        DepthFromFiles(tmp_path, unit='m', direction='near_is_large')
