"""Labels of many scenes, baselines and pictures."""

import numpy as np
import pytest
from PIL import Image

from projects.unscene3d.unscene3d.baselines import (
    cluster_vertices,
    segments_as_instances,
)
from projects.unscene3d.unscene3d.labeling import label_scenes
from projects.unscene3d.unscene3d.pictures import draw_scene, panels
from projects.unscene3d.unscene3d.segments import Felzenszwalb
from projects.unscene3d.unscene3d.structures import Scene
from projects.unscene3d.unscene3d.training import read_scene_labels

LABELER = {
    'type': 'mmcuts3d.SceneLabeler',
    'segmenter': {'type': 'mmcuts3d.Felzenszwalb', 'k': 0.02},
    'features': [
        {
            'type': 'mmcuts3d.GeometricFeatures',
            'weights': {'normal': 1.0, 'colour': 1.0},
        }
    ],
    'cut': {'tau': 0.75, 'min_nodes': 1},
}


def boxes(name, seed=0):
    """Two coloured plates on a floor, as a cloud."""
    rng = np.random.default_rng(seed)
    places = [
        (0, 0, 0, 2, 2),
        (0.3, 0.3, 0.4, 0.5, 0.5),
        (1, 1, 0.6, 0.6, 0.6),
    ]
    points, colours, truth = [], [], []
    for number, (x, y, z, dx, dy) in enumerate(places):
        own = rng.uniform(0, 1, (1500, 3)) * (dx, dy, 0.002) + (x, y, z)
        points.append(own)
        colours.append(np.full((1500, 3), (60, 120, 220)[number]))
        truth.append(np.full(1500, number))
    return Scene(
        name,
        np.concatenate(points).astype(np.float32),
        np.concatenate(colours).astype(np.uint8),
        instances=np.concatenate(truth).astype(np.int32),
    )


class Source:
    """Scenes that count how often they are read."""

    def __init__(self, *names):
        self.names, self.read = names, 0

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        self.read += 1
        return boxes(self.names[index], index)

    def frames(self, index):
        return ()


def test_labels_of_a_source_go_on(tmp_path):
    lines = []
    assert label_scenes(LABELER, Source('a', 'b'), tmp_path, lines.append) == 2
    assert '2/2 b: 4,500 vertices' in lines[1]
    first = read_scene_labels(tmp_path, 'a', 4500)
    more = Source('a', 'b', 'c')
    assert label_scenes(LABELER, more, tmp_path, lines.append) == 1
    assert more.read == 1
    assert np.array_equal(first.masks, read_scene_labels(tmp_path, 'a').masks)
    assert label_scenes(LABELER, more, tmp_path) == 0


def test_labels_of_other_settings_are_not_mixed(tmp_path):
    label_scenes(LABELER, Source('a'), tmp_path, lambda line: None)
    other = {**LABELER, 'cut': {'tau': 0.5}}
    with pytest.raises(ValueError, match='labeler.json.*got others'):
        label_scenes(other, Source('a', 'b'), tmp_path)


def test_segments_alone():
    scene = boxes('a')
    segments = Felzenszwalb(k=0.02)(scene)
    found = segments_as_instances(segments)
    assert len(found) == len(segments)
    assert found.masks.sum() == len(segments)
    assert found.scores.max() == 1


@pytest.mark.parametrize('method', ['dbscan', 'hdbscan'])
def test_clusters_are_what_lies_together(method):
    pytest.importorskip('sklearn')
    scene = boxes('a')
    found = cluster_vertices(scene, method, normal_weight=0.0)
    for body in (1, 2):
        iou = [
            (mask & (scene.instances == body)).sum()
            / (mask | (scene.instances == body)).sum()
            for mask in found.on_vertices()
        ]
        assert max(iou) > 0.9
    with pytest.raises(ValueError, match='`method`'):
        cluster_vertices(scene, 'k-means')


def test_panels_and_picture(tmp_path):
    scene = boxes('a')
    found = segments_as_instances(Felzenszwalb(k=0.02)(scene))
    wanted = panels(scene, found)
    assert list(wanted) == [
        'scan',
        f'{len(found)} segments',
        f'{len(found)} instances',
        'truth: 2',
    ]
    for colours in wanted.values():
        assert colours.shape == (4500, 3) and colours.dtype == np.uint8
    bare = Scene('bare', scene.points)
    assert list(panels(bare, None)) == ['scan']
    path = draw_scene(bare, None, tmp_path / 'bare.png', size=(200, 160))
    with Image.open(path) as image:
        assert image.size == (200, 194)
        assert len(image.getcolors(100_000)) > 10
