"""Point clouds: geometry by hand, PLY files, pictures without a display."""

import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from helpers.clouds import picture, two_walls

from mmcuts3d.cuts.spatial import LocalCut
from mmcuts3d.cuts.spatial.creases import Creases
from mmcuts3d.cuts.types import no_cut
from mmcuts3d.visualization import display
from mmcuts3d.visualization import point_cloud_viewer as viewer
from mmcuts3d.visualization.point_cloud import (
    Cloud,
    build_point_cloud,
    removed_edges,
    upright,
)


def test_geometry_by_hand():
    depth = np.array([[0, 0.5, 1, 0], [0, 0, 0, 0.25]])
    cloud = build_point_cloud(picture(), depth, z_scale=2)
    # Centres of 4 columns and 2 rows of a unit square.
    xs = np.array([-0.375, -0.125, 0.125, 0.375])
    assert np.allclose(cloud.points[:4, 0], xs)
    assert np.allclose(cloud.points[4:, 0], xs)
    assert np.allclose(cloud.points[:, 1], [-0.25] * 4 + [0.25] * 4)
    assert np.allclose(cloud.points[:, 2], 2 * depth.ravel())
    assert np.array_equal(cloud.colors, picture().reshape(-1, 3))


def test_depth_of_another_size_is_not_interpolated():
    depth = np.array([[0.0, 1.0]])
    cloud = build_point_cloud(picture(4, 6), depth, z_scale=3)
    assert set(cloud.points[:, 2]) == {0.0, 3.0}
    near = cloud.points[cloud.points[:, 2] == 0]
    assert near[:, 0].max() < 0


def test_instances_take_colours_and_the_rest_turns_pale():
    image = np.full((4, 4, 3), 100, np.uint8)
    masks = np.zeros((2, 4, 4), bool)
    masks[0, :2], masks[1, 2:, :2] = True, True
    colors = build_point_cloud(image, np.zeros((4, 4)), masks).colors
    colors = colors.reshape(4, 4, 3)
    assert len({tuple(colors[0, 0]), tuple(colors[3, 0])}) == 2
    assert len(set(colors[3, 3])) == 1 and colors[3, 3, 0] > 150


def test_large_images_are_thinned():
    image = np.zeros((100, 100, 3), np.uint8)
    cloud = build_point_cloud(image, np.zeros((100, 100)), max_points=2500)
    assert len(cloud.points) == len(cloud.colors) == 2500


def step_of(depth, mask):
    step = no_cut(mask.shape, np.asarray(depth, np.float32))
    return replace(step, semantic_mask=np.asarray(mask))


def local_cut(tau, k, **settings):
    return LocalCut(tau_knn=tau, tau_knn_min=tau / 2, k=k, **settings)


def test_removed_edges_by_hand():
    # Four points in a row, 0.25 apart; the step in depth makes the edge
    # across it 3.01 long.
    depth = np.array([[0.0, 0, 1, 1]])
    all_of_it = np.ones((1, 4), bool)
    cut = local_cut(1.0, 2, outside='drop')
    edges = removed_edges(cut, [step_of(depth, all_of_it)], view_scale=1.5)
    assert len(edges)
    steps = np.abs(edges[:, 0] - edges[:, 1])
    assert np.allclose(steps[:, 2], 1.5)  # drawn at the scale of the view
    # Each edge is there once, whichever step removed it.
    twice = removed_edges(cut, [step_of(depth, all_of_it)] * 2)
    assert np.array_equal(np.unique(twice, axis=0), np.unique(edges, axis=0))
    assert len(twice) == len(edges)
    none = removed_edges(local_cut(4.0, 2), [step_of(depth, all_of_it)])
    assert none.shape == (0, 2, 3)
    left = np.array([[True, True, False, False]])
    assert len(removed_edges(cut, [step_of(depth, left)])) == 0
    assert len(removed_edges(cut, [step_of(depth, left & False)])) == 0
    assert (
        len(removed_edges(cut, [replace(step_of(depth, left), depth=None)]))
        == 0
    )


def test_removed_edges_count_creases():
    """Two planes that meet in a valley: no gap, but a crease."""
    rows = np.abs(np.linspace(-1, 1, 32))
    depth = np.tile(1 - rows, (32, 1))  # farthest in the middle column
    everything = np.ones((32, 32), bool)
    steps = [step_of(depth, everything)]
    plain = local_cut(0.5, 8)
    assert len(removed_edges(plain, steps)) == 0
    creased = local_cut(0.5, 8, creases=Creases(weight=4.0, noise=0.0))
    edges = removed_edges(creased, steps)
    assert len(edges) and np.abs(edges[..., 0]).max() < 0.2


def test_upright_is_half_a_turn():
    assert upright(np.array([1.0, 2, 3])).tolist() == [1, -2, -3]
    turn = np.stack([upright(axis) for axis in np.eye(3)])
    assert np.linalg.det(turn) == 1  # a mirror would give -1


def colours_in(path):
    import cv2

    image = cv2.imread(str(path))[..., ::-1].astype(int)
    red = (image[..., 0] > 150) & (image[..., 2] < 90)
    blue = (image[..., 2] > 150) & (image[..., 0] < 90)
    return image, red, blue


def test_renders_without_a_display(tmp_path, monkeypatch):
    pytest.importorskip('open3d', reason='open3d is not installed')
    monkeypatch.delenv('DISPLAY', raising=False)
    warnings = []
    monkeypatch.setattr(viewer, 'print_log', lambda *a: warnings.append(a[0]))
    path = viewer.render_png(
        two_walls(), tmp_path / 'new' / 'cloud.png', size=(200, 160)
    )
    if warnings:
        pytest.skip(f'Open3D cannot render here: {warnings}')
    image, red, blue = colours_in(path)
    assert image.shape == (160, 200, 3)
    assert image[0, 0].tolist() == [255] * 3
    assert red.mean() > 0.02 and blue.mean() > 0.02
    # The near wall is the left one in the photograph, and seen from the
    # right side it stays left of the far one's points below it.
    assert np.nonzero(red)[1].mean() < np.nonzero(blue)[1].mean()


@pytest.mark.parametrize(
    ('command', 'reason'),
    [
        ('import os; os.abort()', 'exit status'),
        ('import sys; sys.exit("no driver")', 'no driver'),
        ('import time; time.sleep(60)', 'timed out'),
        ('pass', 'no file'),
    ],
)
def test_a_dead_renderer_gives_a_plainer_picture(
    tmp_path, monkeypatch, command, reason
):
    run = viewer.subprocess.run

    def broken(arguments, **kwargs):
        return run([sys.executable, '-c', command], **kwargs)

    warnings = []
    monkeypatch.setattr(viewer.subprocess, 'run', broken)
    monkeypatch.setattr(viewer, 'print_log', lambda *a: warnings.append(a[0]))
    path = viewer.render_png(
        two_walls(), tmp_path / 'cloud.png', size=(200, 160), timeout=2
    )
    image, red, blue = colours_in(path)
    assert image.shape == (160, 200, 3)
    assert red.mean() > 0.02 and blue.mean() > 0.02
    assert len(warnings) == 1 and reason in warnings[0]


def test_both_renderers_draw_the_lines(tmp_path, monkeypatch):
    white = np.full((16, 16, 3), 230, np.uint8)
    flat = build_point_cloud(white, np.zeros((16, 16)))
    ends = np.array([[[-0.4, y, -0.05], [0.4, y, -0.05]] for y in (-0.2, 0.2)])

    def reddish(name):
        path = viewer.render_png(
            replace(flat, line_ends=ends), tmp_path / name, 'front', (300, 300)
        )
        image = colours_in(path)[0]
        return ((image[..., 0] > 150) & (image[..., 1] < 150)).sum()

    assert reddish('open3d.png') > 200
    monkeypatch.setattr(viewer, '_run_worker', lambda *a: 'not here')
    assert reddish('matplotlib.png') > 200


def test_missing_open3d_is_a_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, 'open3d', None)
    with pytest.raises(ImportError, match='pip install open3d'):
        viewer.show(two_walls())


@pytest.mark.skipif(sys.platform != 'linux', reason='needs no DISPLAY')
def test_window_without_a_display_is_a_clear_error(monkeypatch):
    pytest.importorskip('open3d', reason='open3d is not installed')
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RuntimeError, match='needs a display'):
        viewer.show(two_walls())


@pytest.mark.skipif(sys.platform != 'linux', reason='needs no DISPLAY')
@pytest.mark.parametrize('name', ['DISPLAY', 'WAYLAND_DISPLAY'])
def test_window_on_a_dead_display_is_a_clear_error(monkeypatch, name):
    pytest.importorskip('open3d', reason='open3d is not installed')
    for other in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, ':4711')
    begin = time.monotonic()
    with pytest.raises(RuntimeError, match=f"{name}=':4711' cannot be opened"):
        viewer.show(two_walls())
    assert time.monotonic() - begin < 60  # and not never


@pytest.mark.skipif(sys.platform != 'linux', reason='needs no DISPLAY')
def test_a_display_that_never_answers_is_a_clear_error(monkeypatch):
    monkeypatch.setenv('DISPLAY', ':4711')
    monkeypatch.setattr(display, '_PROBE', 'import time; time.sleep(60)')
    assert 'did not answer in 0.5 s' in display.display_problem(timeout=0.5)


def test_window_shows_the_cloud_upright(monkeypatch):
    open3d = pytest.importorskip('open3d', reason='open3d is not installed')
    monkeypatch.setattr(viewer, 'display_problem', lambda: '')
    shown = []
    monkeypatch.setattr(
        open3d.visualization,
        'draw_geometries',
        lambda shapes, **view: shown.append((shapes, view)),
    )
    flat = two_walls()
    ends = np.array([[[0.0, 0, 0], [1, 1, 1]]])
    viewer.show(Cloud(flat.points, flat.colors, ends))
    ((cloud, lines), view) = shown[0]
    assert np.allclose(cloud.points, upright(flat.points))
    assert np.allclose(lines.points, [[0, 0, 0], [1, -1, -1]])
    assert view['front'] @ view['up'] > 0  # seen from above


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match='view'):
        viewer.render_png(two_walls(), tmp_path / 'x.png', view='below')
    nothing = Cloud(np.zeros((0, 3)), np.zeros((0, 3), np.uint8))
    with pytest.raises(ValueError, match='points'):
        viewer.render_png(nothing, tmp_path / 'x.png')
    with pytest.raises(ValueError, match='masks'):
        build_point_cloud(
            picture(), np.zeros((2, 4)), np.zeros((1, 3, 3), bool)
        )
    with pytest.raises(ValueError, match='depth'):
        build_point_cloud(picture(), np.full((2, 4), 7.0))
