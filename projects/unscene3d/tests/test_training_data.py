"""The dataset, its draws, and its augmentation."""

import numpy as np
import pytest
import torch

from mmcuts3d.registry import DATASETS
from projects.unscene3d.tests.tiny_scenes import tiny_scene, true_masks
from projects.unscene3d.unscene3d.structures import Scene
from projects.unscene3d.unscene3d.training import (
    ChangeColours,
    CropScene,
    ElasticDistortion,
    JitterPoints,
    PackScene,
    RandomPose,
    RoomScenes,
    ScanFolder,
    SceneEpochSampler,
    write_scene_labels,
)

PIPELINE = [
    dict(type='mmcuts3d.RandomPose'),
    dict(type='mmcuts3d.JitterPoints'),
    dict(type='mmcuts3d.PackScene'),
]


def results_of(seed=0, draw=0):
    scene, segments = tiny_scene(seed)
    labels = true_masks(scene, segments)
    return dict(
        name=scene.name,
        rng=np.random.default_rng(draw),
        points=scene.points.copy(),
        colours=scene.colours.copy(),
        normals=scene.normals.copy(),
        faces=None,
        truth=scene.instances.copy(),
        of_vertex=segments.of_vertex.astype(np.int64),
        edges=segments.edges.copy(),
        masks=labels.masks.copy(),
        scores=labels.scores.copy(),
    )


@pytest.fixture
def folder(tmp_path):
    for seed in range(2):
        scene, segments = tiny_scene(seed)
        write_scene_labels(tmp_path, scene.name, true_masks(scene, segments))
    return tmp_path


def dataset_of(folder, number=2, **more):
    return DATASETS.build(
        dict(
            type='mmcuts3d.PseudoMaskScenes',
            scenes=dict(type='mmcuts3d.TinyScenes', number=number),
            labels=str(folder),
            pipeline=PIPELINE,
            **more,
        )
    )


def test_a_draw_is_the_same_each_time(folder):
    first, second = dataset_of(folder), dataset_of(folder)
    for number in (0, 1, 2, 7):
        one, two = first[number], second[number]
        assert one['data_samples'].name == f'tiny_{number % 2}'
        for key, value in one['inputs'].items():
            assert torch.equal(value, two['inputs'][key])
    points = [first[number]['inputs']['points'] for number in (0, 2)]
    assert not torch.allclose(*points)
    other = dataset_of(folder, seed=1)[0]['inputs']['points']
    assert not torch.allclose(other, points[0])


def test_epochs_are_told_apart(folder):
    sampler = SceneEpochSampler(dataset_of(folder), seed=3)
    drawn = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        drawn.append(sorted(sampler))
    assert drawn == [[0, 1], [2, 3], [4, 5]]


def test_labels_must_be_there(folder):
    with pytest.raises(ValueError, match=r'1 of 3: tiny_2\.'):
        dataset_of(folder, 3)
    with pytest.raises(ValueError, match='got neither'):
        DATASETS.build(
            dict(
                type='mmcuts3d.PseudoMaskScenes',
                scenes=dict(type='mmcuts3d.TinyScenes', number=1),
            )
        )


def test_labels_of_another_scene_are_found_out(folder):
    scene, segments = tiny_scene(5, boxes=1)
    write_scene_labels(folder, 'tiny_0', true_masks(scene, segments))
    with pytest.raises(ValueError, match='tiny_0: expected labels of its'):
        dataset_of(folder)[0]


def test_packing():
    results = results_of()
    lowest = results['points'][:, 2].min()
    packed = PackScene(['height', 'normals', 'colours']).transform(results)
    features = packed['inputs']['features'].numpy()
    assert features.shape == (len(results['points']), 7)
    np.testing.assert_allclose(
        features[:, 0], results['points'][:, 2] - lowest
    )
    np.testing.assert_allclose(features[:, 1:4], results['normals'])
    assert np.abs(features[:, 4:]).max() <= 1
    sample = packed['data_samples']
    assert sample.num_segments == sample.gt_instances.masks.shape[1] == 19
    assert len(sample.edges) == len(results['edges'])


@pytest.mark.parametrize('key', ['normals', 'colours'])
def test_inputs_that_are_not_there(key):
    results = {**results_of(), key: None}
    with pytest.raises(
        ValueError, match=f'tiny_0: expected a scene with {key}'
    ):
        PackScene([key]).transform(results)


def test_scenes_in_millimetres():
    results = results_of()
    results['points'] *= 1000
    with pytest.raises(ValueError, match='expected a scene in metres'):
        PackScene().transform(results)


def test_pose_is_a_similarity():
    results = RandomPose(tilt=0).transform(results_of(draw=4))
    before = results_of()
    rows = np.random.default_rng(0).integers(0, len(before['points']), (2, 99))

    def spans(points):
        return np.linalg.norm(np.subtract(*points[rows]), axis=1)

    ratio = spans(results['points']) / spans(before['points'])
    assert ratio.min() >= 0.9 and ratio.max() <= 1.1
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
    # Upright, and normals stay those of the surface.
    heights = np.ptp(results['points'][:, 2]) / np.ptp(before['points'][:, 2])
    assert heights == pytest.approx(ratio[0], rel=1e-4)
    top = before['normals'][:, 2] == 1
    np.testing.assert_allclose(results['normals'][top, 2], 1, atol=1e-6)
    side = before['of_vertex'] == 5
    spread = results['points'][side] @ results['normals'][side][0]
    assert np.ptp(spread) < 1e-4


@pytest.mark.parametrize(
    'transform,most',
    [
        (ElasticDistortion([(0.2, 0.1)], probability=1), 0.3),
        (JitterPoints(0.01), 0.06),
    ],
)
def test_vertices_move_a_little(transform, most):
    results = transform.transform(results_of())
    far = np.linalg.norm(results['points'] - results_of()['points'], axis=1)
    assert 0 < far.max() < most
    assert results['points'].dtype == np.float32


def test_elastic_noise_is_smooth():
    bend = ElasticDistortion(probability=1)
    points = results_of()['points']
    shift = bend.transform(results_of())['points'] - points
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distance, np.inf)
    near = distance.argmin(1)
    step = np.linalg.norm(shift - shift[near], axis=1)
    assert np.median(step) < 0.5 * np.median(np.linalg.norm(shift, axis=1))


def test_colours_change_and_go():
    results = ChangeColours(drop=0).transform(results_of())
    assert results['colours'].dtype == np.uint8
    assert (results['colours'] != results_of()['colours']).any()
    grey = ChangeColours(drop=1).transform(results_of())['colours']
    assert np.unique(grey).tolist() == [127]
    none = {**results_of(), 'colours': None}
    assert ChangeColours().transform(none)['colours'] is None


@pytest.mark.parametrize('draw', range(4))
def test_a_crop_is_a_scene(draw):
    before = results_of()
    after = CropScene(500, min_share=0.5).transform(results_of(draw=draw))
    number = after['masks'].shape[1]
    assert 0 < len(after['points']) <= 500
    assert np.unique(after['of_vertex']).tolist() == list(range(number))
    assert len(after['truth']) == len(after['points'])
    if len(after['edges']):
        assert after['edges'].max() < number
    assert len(after['masks']) == len(after['scores'])
    # Each mask is one of those before, of which half the vertices are left.
    places = {tuple(p): i for i, p in enumerate(before['points'])}
    rows = [places[tuple(p)] for p in after['points']]
    whole = before['masks'][:, before['of_vertex']]
    left = {whole[k][rows].tobytes(): k for k in range(len(whole))}
    for mask in after['masks'][:, after['of_vertex']]:
        kept = left[mask.tobytes()]
        assert mask.sum() >= 0.5 * whole[kept].sum()
    # Edges join the same pairs of segments as before.
    old = np.zeros(number, int)
    old[after['of_vertex']] = before['of_vertex'][rows]
    pairs = {tuple(e) for e in before['edges']}
    assert {tuple(old[e]) for e in after['edges']} <= pairs


def test_small_scenes_are_not_cropped():
    after = CropScene(10**6).transform(results_of())
    np.testing.assert_array_equal(after['points'], results_of()['points'])


def test_folder_of_scans(tmp_path):
    with pytest.raises(ValueError, match='no such folder'):
        ScanFolder(str(tmp_path / 'no'))
    with pytest.raises(ValueError, match=r'scans \*\.ply'):
        ScanFolder(str(tmp_path))
    for name in ('b_clean', 'a_clean'):
        (tmp_path / f'{name}.ply').touch()
    assert ScanFolder(str(tmp_path), ending='_clean').names == ['a', 'b']
    split = tmp_path / 'train.txt'
    split.write_text('b\nc\n')
    with pytest.raises(ValueError, match='1 of 2 are not, the first is c'):
        ScanFolder(str(tmp_path), ending='_clean', names_file=str(split))
    split.write_text('b\n')
    chosen = ScanFolder(str(tmp_path), ending='_clean', names_file=str(split))
    assert chosen.names == ['b'] and len(chosen) == 1


@pytest.mark.parametrize(
    'build',
    [
        lambda: RandomPose(scale=(1.1, 0.9)),
        lambda: PackScene([]),
        lambda: PackScene(['xyz']),
    ],
)
def test_bad_settings(build):
    with pytest.raises(ValueError, match='Expected argument'):
        build()


def test_no_scene_is_changed(folder):
    dataset = dataset_of(folder)
    scene = dataset.scenes[0]
    before = Scene(
        scene.name, scene.points.copy(), normals=scene.normals.copy()
    )
    dataset[0]
    np.testing.assert_array_equal(scene.points, before.points)
    np.testing.assert_array_equal(scene.normals, before.normals)


def test_rooms_are_those_of_their_seeds():
    pytest.importorskip('projects.unscene3d.unscene3d.rooms')
    from projects.unscene3d.unscene3d.rooms import make_room

    settings = dict(num_objects=[2, 3], num_frames=2, spacing=0.05)
    rooms = RoomScenes(2, 5, settings)
    assert len(rooms) == 2
    expected = make_room(6, **settings).scene
    assert rooms.names[1] == expected.name
    np.testing.assert_array_equal(rooms[1].points, expected.points)
    with pytest.raises(ValueError, match='`number`'):
        RoomScenes(0)


@pytest.mark.parametrize('faces', [True, False])
def test_normals_are_added(faces):
    pytest.importorskip('projects.unscene3d.unscene3d.segments')
    from projects.unscene3d.unscene3d.training import normals_of

    x, y = np.meshgrid(np.arange(6.0), np.arange(6.0), indexing='ij')
    points = np.stack([x, y, 0.5 * x], -1).reshape(-1, 3).astype(np.float32)
    at = np.arange(36).reshape(6, 6)
    corners = at[:-1, :-1], at[1:, :-1], at[1:, 1:]
    triangles = np.stack(corners, -1).reshape(-1, 3).astype(np.int32)
    scene = Scene('slope', points, faces=triangles if faces else None)
    used = np.unique(triangles) if faces else slice(None)
    normals = normals_of(scene)[used]
    expected = np.array([-0.5, 0, 1]) / np.sqrt(1.25)
    np.testing.assert_allclose(
        normals, np.tile(expected, (len(normals), 1)), atol=1e-4
    )
