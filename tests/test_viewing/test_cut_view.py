"""One description of a cut, and what a panel makes of it: no window."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mmcuts3d.cuts.types import no_cut
from mmcuts3d.viewing import (
    CutView,
    ViewState,
    save_movie,
    save_recording,
    save_web_page,
)
from mmcuts3d.visualization import as_cloud, point_cloud_viewer


def test_layers_of_a_step_cover_the_cloud(view):
    layers = view.layers()
    groups = {name for one in layers for name in one.groups}
    assert groups == {
        'image',
        'instances',
        'confidence',
        'semantic mask',
        'LocalCut',
    }
    for group in groups:
        cloud = as_cloud(layers, group)
        assert len(cloud.points) == len(view.cloud.points)
        order = np.lexsort(cloud.points.T)
        expected = view.cloud.points[np.lexsort(view.cloud.points.T)]
        assert np.allclose(cloud.points[order], expected)


def test_local_cuts_are_those_of_the_method(view):
    for index, step in enumerate(view.steps):
        assert np.array_equal(view.classes(index) == 1, step.local_cut)
        sweep = [view.classes(index, tau) == 1 for tau in view.taus]
        counted = np.mean(sweep, axis=0) * step.local_cut
        assert np.allclose(counted, step.confidence)


def test_edges_are_parted_by_tau(view):
    def numbers(tau):
        layers = {one.name: one for one in view.graph_layers(0, tau)}
        return [
            len(layers[name].line_ends)
            for name in ('k-NN graph', 'removed edges')
        ]

    low, high = numbers(view.taus[0]), numbers(view.taus[-1])
    assert sum(low) == sum(high)
    assert low[0] < high[0]


def test_settings_cut_again_and_failures_are_told(maps, view):
    state = ViewState(view, maps)
    wanted = {**state.settings, 'num_instances': 1}
    state.step = len(view.steps) - 1
    state.take(state.recut(wanted), wanted)
    assert len(state.view.steps) == 1 and state.step == 0
    assert state.settings['num_instances'] == 1
    before = state.view
    wanted['k'] = 0
    state.take(state.recut(wanted), wanted)
    assert '`k`' in state.summary() and state.view is before
    assert maps.cut.num_instances == 3  # the method itself stays as it is


def test_a_ray_meets_the_nearest_instance(view):
    state = ViewState(view)
    inside = view.cloud.points[view.cloud.instances == 0]
    # Straight ahead, each point is the only one on its ray.
    eye = inside[len(inside) // 2] - np.array([0, 0, 5.0])
    ahead = np.array([0, 0, 1.0])
    assert state.pick(eye, ahead) == view.instance_text(0)
    state.hidden.add(0)
    assert state.pick(eye, ahead) != view.instance_text(0)
    assert state.pick(eye, -ahead) == ''
    assert 'instance 1' not in {one.name for one in state.layers()}


def test_nothing_found_and_no_depth(view):
    depth = np.zeros((24, 24), np.float32)
    nothing = view.instances[[]]
    bare = CutView('x', view.image, depth, (no_cut((24, 24), depth),), nothing)
    assert bare.graph(0) is None and not len(bare.taus)
    assert 'no structure' in bare.step_text(0)
    assert len(as_cloud(bare.layers(), 'LocalCut').points) == 96 * 96
    with pytest.raises(ValueError, match='depth'):
        replace(view, depth=None)


def test_page_keeps_hostile_names_text(view, tmp_path):
    pytest.importorskip('plotly', reason='plotly is not installed')
    text = save_web_page(view, tmp_path / 'new' / 'a.html').read_text('utf-8')
    assert '<title>a&lt;b&gt;\\n&lt;/script&gt;.png</title>' in text
    assert '{{' not in text.split('<script>')[0]
    assert text.count('</script>') == 3


def test_recording_holds_the_sweep(view, tmp_path):
    pytest.importorskip('rerun', reason='rerun-sdk is not installed')
    content = save_recording(view, tmp_path / 'a.rrd').read_bytes()
    assert content[:3] == b'RRF'
    for name in (b'steps/1/LocalCut', b'cloud/confidence', b'removed_edges'):
        assert name in content
    # Rerun itself reads it, and finds how its window is divided.
    words = [sys.executable, '-m', 'rerun', 'rrd', 'print', tmp_path / 'a.rrd']
    told = subprocess.run(
        words, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert re.search(r'StoreId\(\s*Blueprint,\s*"mmcuts3d"', told)
    assert '/steps/1/removed_edges' in told


def test_a_movie_goes_there_and_back(view, tmp_path, monkeypatch):
    # Plain pictures, which are quicker and the same everywhere.
    monkeypatch.setattr(point_cloud_viewer, '_run_worker', lambda *a: 'off')
    cloud = as_cloud(replace(view, max_points=500).layers(), 'instances')
    path = save_movie(cloud, tmp_path / 'a.gif', frames=6, size=(80, 60))
    with Image.open(path) as movie:
        assert movie.n_frames == 6 and movie.size == (80, 60)
    with pytest.raises(ValueError, match=r"'\.avi'"):
        save_movie(cloud, tmp_path / 'a.avi')
