"""Pseudo-masks of a scene, from vertices to masks."""

import numpy as np
import pytest
from helpers import shared_data

from projects.unscene3d.unscene3d.evaluation import evaluate_scenes
from projects.unscene3d.unscene3d.labeler import SceneLabeler
from projects.unscene3d.unscene3d.rooms import make_room
from projects.unscene3d.unscene3d.scans import read_scene
from projects.unscene3d.unscene3d.structures import Scene, Segments

SEGMENTER = {'type': 'mmcuts3d.Felzenszwalb', 'k': 0.02}
GEOMETRY = {'type': 'mmcuts3d.GeometricFeatures'}
LIFTED = {
    'type': 'mmcuts3d.LiftedFeatures',
    'features': {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': 8},
}
CUT = {'tau': 0.75, 'min_nodes': 2}


@pytest.fixture(scope='module')
def room():
    return make_room(3, num_frames=6)


@pytest.mark.parametrize('score', ['order', 'contrast'])
def test_instances_of_a_room(room, score):
    labeler = SceneLabeler(SEGMENTER, [GEOMETRY], CUT, score=score)
    found = labeler(room.scene)
    assert 0 < len(found) <= 20
    assert found.masks.sum(axis=0).max() <= 1
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    if score == 'order':
        assert found.scores[0] == 1
        assert (np.diff(found.scores) < 0).all()
    masks = found.on_vertices()
    assert masks.shape == (len(found), len(room.scene))
    again = labeler(room.scene)
    assert np.array_equal(found.masks, again.masks)
    measures = evaluate_scenes([(masks, found.scores)], [room.scene.instances])
    nothing = evaluate_scenes(
        [(masks[:0], found.scores[:0])], [room.scene.instances]
    )
    assert measures['AP25'] > nothing['AP25'] == 0


def test_two_modalities(room):
    labeler = SceneLabeler(SEGMENTER, [GEOMETRY, LIFTED], CUT)
    assert labeler.needs_frames
    found = labeler(room.scene, room.frames)
    assert len(found) > 0
    with pytest.raises(ValueError, match='room0003: expected posed RGB-D'):
        labeler(room.scene)


def test_masks_are_connected(room):
    found = SceneLabeler(SEGMENTER, [GEOMETRY], CUT)(room.scene)
    for mask in found.masks:
        inside = found.segments.edges[mask[found.segments.edges].all(axis=1)]
        part, grown = {int(np.flatnonzero(mask)[0])}, -1
        while grown != len(part):
            grown = len(part)
            for a, b in inside:
                if a in part or b in part:
                    part |= {int(a), int(b)}
        assert len(part) == mask.sum()


def test_one_segment_has_no_instance():
    points = np.random.default_rng(0).normal(size=(30, 3))
    scene = Scene('dot', points.astype(np.float32))
    segments = Segments(np.zeros(30, np.int32), np.zeros((0, 2), np.int32))
    labeler = SceneLabeler(SEGMENTER, [GEOMETRY])
    assert len(labeler.cut_segments(scene, segments)) == 0


def test_features_are_a_list():
    with pytest.raises(ValueError, match='`features` to be a list'):
        SceneLabeler(SEGMENTER, GEOMETRY)
    with pytest.raises(ValueError, match='`score`'):
        SceneLabeler(SEGMENTER, [GEOMETRY], score='best')


def test_a_real_scan():
    scene = read_scene(shared_data('scannet', 'scene0000_00.npz'))
    found = SceneLabeler(SEGMENTER, [GEOMETRY], CUT)(scene)
    assert len(found) > 5
    measures = evaluate_scenes(
        [(found.on_vertices(), found.scores)], [scene.instances]
    )
    assert measures['AP25'] > 0
