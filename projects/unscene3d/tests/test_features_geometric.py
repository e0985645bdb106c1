"""Features of geometry, and features of files."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import shared_data

from mmcuts3d.registry import MODELS
from projects.unscene3d.unscene3d.features import (
    FileFeatures,
    GeometricFeatures,
    similarity,
)
from projects.unscene3d.unscene3d.features.geometry_parts import (
    axes_of,
    curvatures,
    normals_of,
    waves,
)
from projects.unscene3d.unscene3d.scans import read_scene
from projects.unscene3d.unscene3d.segments import Felzenszwalb
from projects.unscene3d.unscene3d.structures import Scene, Segments


@pytest.fixture(scope='module')
def scene():
    """A floor and a red ball above it, 3 cm apart, as a cloud."""
    rng = np.random.default_rng(0)
    x, y = np.mgrid[:40, :40].reshape(2, -1) * 0.03
    floor = np.stack([x, y, 0 * x], axis=1)
    ways = rng.normal(size=(900, 3))
    ball = 0.2 * ways / np.linalg.norm(ways, axis=1, keepdims=True)
    points = np.concatenate([floor, ball + np.array([0.6, 0.6, 0.5])])
    points = (points + rng.normal(0, 5e-4, points.shape)).astype(np.float32)
    colours = np.full((len(points), 3), 128, np.uint8)
    colours[1600:] = (180, 30, 30)
    return Scene('floor and ball', points, colours)


@pytest.fixture(scope='module')
def segments(scene):
    """Eight of the floor, eight of the ball."""
    points = scene.points
    octants = (points > (0.6, 0.6, 0.5)) @ (1, 2, 4)
    labels = np.where(np.arange(len(points)) < 1600, 0, 4) + octants % 4
    labels += 4 * (octants > 3) * (np.arange(len(points)) >= 1600)
    _, labels = np.unique(labels, return_inverse=True)
    return Segments(labels.astype(np.int32), np.zeros((0, 2), np.int32))


@pytest.mark.parametrize('part', ['fpfh', 'curvature', 'colour', 'height'])
def test_a_part_tells_the_ball_from_the_floor(scene, segments, part):
    found = GeometricFeatures({part: 1.0})(scene, segments)
    assert found.values.dtype == np.float32 and found.seen.all()
    alike = similarity([found])
    ball = np.arange(len(segments)) >= 4
    assert alike[:4, :4].min() > alike[:4, ball].max()


def test_normal_of_the_floor_is_up(scene, segments):
    normals = normals_of(scene)
    assert (normals[:1600, 2] > 0.9).mean() > 0.97
    found = GeometricFeatures({'normal': 1.0})(scene, segments)
    assert similarity([found])[:4, :4].min() > 0.95


def test_axes_are_normals_without_their_sign():
    normals = np.random.default_rng(0).normal(size=(9, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    axes = axes_of(normals)
    assert np.array_equal(axes, axes_of(-normals))
    assert axes @ axes.T == pytest.approx((normals @ normals.T) ** 2)


def test_parts_have_deviation_one_times_their_weight(scene, segments):
    weights = dict(normal=2.0, colour=0.5)
    values = GeometricFeatures(weights)(scene, segments).values
    share = segments.sizes / len(scene)
    for part, weight in ((values[:, :6], 2.0), (values[:, 6:], 0.5)):
        assert share @ part == pytest.approx(0 * part[0], abs=1e-5)
        assert (share @ part**2).sum() == pytest.approx(weight**2, rel=1e-5)


def test_order_of_vertices_does_not_matter(scene, segments):
    order = np.random.default_rng(1).permutation(len(scene))
    mixed = Scene('mixed', scene.points[order], scene.colours[order])
    own = Segments(segments.of_vertex[order], segments.edges)
    weights = dict(curvature=1.0, colour=1.0, position=1.0)
    first = GeometricFeatures(weights)(scene, segments).values
    second = GeometricFeatures(weights)(mixed, own).values
    assert second == pytest.approx(first, abs=2e-3)


def test_what_does_not_vary_says_nothing(scene, segments):
    grey = replace(scene, colours=np.full_like(scene.colours, 90))
    assert not GeometricFeatures({'colour': 1.0})(grey, segments).values.any()


def test_a_scene_without_colours_goes_without(scene, segments):
    bare = replace(scene, colours=None)
    found = GeometricFeatures(dict(colour=1.0, height=1.0))(bare, segments)
    assert found.values.shape[1] == 1
    with pytest.raises(ValueError, match='floor and ball: expected colours'):
        GeometricFeatures({'colour': 1.0})(bare, segments)


def test_curvature_of_a_plane_and_of_a_ball(scene):
    found = curvatures(scene, (16,))[:, 0]
    assert np.median(found[:1600]) < 0.02 < np.median(found[1600:])


def test_waves_tell_distances():
    points = np.array([[0.0, 0, 0], [0, 0, 0.1], [0.7, 0, 0], [5, 5, 0]])
    cosines = waves(points, 0.7) @ waves(points, 0.7).T
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    gauss = np.exp(-(distance**2) / (2 * 0.7**2))
    assert cosines == pytest.approx(gauss, abs=0.2)
    assert np.diag(cosines) == pytest.approx(np.ones(4), abs=1e-5)


def test_tiny_scenes_work():
    points = np.zeros((2, 3), np.float32)
    points[1, 0] = 0.01
    tiny = Scene('tiny', points, np.zeros((2, 3), np.uint8))
    own = Segments(np.zeros(2, np.int32), np.zeros((0, 2), np.int32))
    found = GeometricFeatures()(tiny, own)
    assert np.isfinite(found.values).all() and len(found) == 1


@pytest.mark.parametrize(
    'settings,words',
    [
        (dict(weights={'smell': 1.0}), 'smell'),
        (dict(weights={}), '`weights`'),
        (dict(weights={'normal': 0.0}), '`weights`'),
        (dict(weights={'normal': -1.0}), '`weights`'),
        (dict(radius=0), '`radius`'),
        (dict(reach=-1), '`reach`'),
        (dict(neighbours=(2,)), '`neighbours`'),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        GeometricFeatures(**settings)


def test_segments_of_another_scene_are_refused(scene):
    other = Segments(np.zeros(5, np.int32), np.zeros((0, 2), np.int32))
    with pytest.raises(ValueError, match='floor and ball.*another scene'):
        GeometricFeatures()(scene, other)


def test_real_scan_is_told_apart_better_than_by_chance():
    scene = read_scene(shared_data('scannet', 'scene0000_00.npz'))
    part = np.linalg.norm(scene.points[:, :2] - (-1.5, 0), axis=1) < 1.3
    scene = Scene(
        'part',
        scene.points[part],
        scene.colours[part],
        instances=scene.instances[part],
    )
    segments = Felzenszwalb()(scene)
    alike = similarity([GeometricFeatures()(scene, segments)])
    table = np.zeros((len(segments), scene.instances.max() + 1), int)
    np.add.at(table, (segments.of_vertex, scene.instances), 1)
    truth = table.argmax(axis=1)
    first, second = np.triu_indices(len(segments), 1)
    same = (truth[first] == truth[second]) & (truth[first] > 0)
    other = truth[first] != truth[second]
    values = alike[first, second]
    assert same.sum() > 20
    assert values[same].mean() > values[other].mean() + 0.1


@pytest.mark.parametrize('suffix', ['npz', 'npy', 'pth', 'pt'])
def test_files_of_features(scene, segments, tmp_path, suffix):
    values = np.random.default_rng(0).normal(size=(len(scene), 6))
    path = tmp_path / f'{scene.name}.{suffix}'
    if suffix == 'npz':
        np.savez(path, features=values, other=values[:2])
    elif suffix == 'npy':
        np.save(path, values)
    else:
        torch.save({'features': torch.from_numpy(values)}, path)
    for place in (path, tmp_path):
        source = MODELS.build(dict(type='mmcuts3d.FileFeatures', path=place))
        found = source(scene, segments)
        for segment in (0, 7):
            own = values[segments.of_vertex == segment].mean(axis=0)
            assert found.values[segment] == pytest.approx(own, abs=1e-5)


def test_bad_files_of_features_are_refused(scene, segments, tmp_path):
    path = tmp_path / 'features.npy'
    np.save(path, np.zeros((5, 3)))
    words = rf'features\.npy: expected .*\({len(scene)}, C\).*\(5, 3\)'
    with pytest.raises(ValueError, match=words):
        FileFeatures(path)(scene, segments)
    bad = np.zeros((len(scene), 2))
    bad[4, 1] = np.nan
    np.save(path, bad)
    with pytest.raises(ValueError, match=r'features\.npy.*vertex 4'):
        FileFeatures(path)(scene, segments)
    with pytest.raises(ValueError, match='expected a file of features of fl'):
        FileFeatures(tmp_path)(scene, segments)
    torch.save({'keys': torch.zeros(2)}, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match=r"a\.pth.*'features'.*'keys'"):
        FileFeatures(tmp_path / 'a.pth')(scene, segments)
    (tmp_path / 'b.pth').write_bytes(b'no tensor')
    with pytest.raises(ValueError, match=r'b\.pth'):
        FileFeatures(tmp_path / 'b.pth')(scene, segments)
    with pytest.raises(ValueError, match='missing'):
        FileFeatures(tmp_path / 'missing.npy')(scene, segments)
    with pytest.raises(ValueError, match='`modality`'):
        FileFeatures(path, modality='4d')
