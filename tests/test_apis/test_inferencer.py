"""The inferencer: labellers and detectors, files and arrays, bad images."""

import json

import cv2
import numpy as np
import pytest
import torch
from helpers.cuts import NO_CRF, touching
from helpers.inferencing import detector_config, labeler_config
from pycocotools import mask as coco_mask

from mmcuts3d.apis import CutS3DInferencer
from mmcuts3d.apis.items import as_items
from mmcuts3d.cuts import CutS3D
from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.models.features.classical import classical_features


@pytest.fixture(scope='module')
def labeler():
    return CutS3DInferencer(labeler_config(), device='cpu')


@pytest.fixture(scope='module')
def detector():
    return CutS3DInferencer(detector_config(), device='cpu')


@pytest.fixture(scope='module')
def scene():
    return make_scene(6, (128, 128), num_objects=(2, 2))


@pytest.fixture
def folder(tmp_path, scene):
    """Two good images and two bad ones, with depth for the good."""
    (tmp_path / 'depth').mkdir()
    (tmp_path / 'color').mkdir()
    for name in 'ad':
        path = tmp_path / 'color' / f'{name}.png'
        cv2.imwrite(str(path), scene.image[..., ::-1])
        depth = (scene.depth * 65535).round().astype(np.uint16)
        cv2.imwrite(str(tmp_path / 'depth' / f'{name}.png'), depth)
    (tmp_path / 'color' / 'b.jpg').write_bytes(b'no image')
    cv2.imwrite(str(tmp_path / 'color' / 'c.png'), scene.image[..., ::-1])
    (tmp_path / 'notes.txt').write_text('no image either')
    return tmp_path


def red_square():
    image = np.zeros((60, 80, 3), np.uint8)
    image[10:30, 20:50, 0] = 255
    return image


def test_array_is_rgb_and_results_fit_the_original(detector):
    result = detector(red_square())
    (found,) = result['predictions']
    assert (found['height'], found['width']) == (60, 80)
    assert found['error'] is None
    assert np.allclose(found['bboxes'], [[20, 10, 49, 29]], atol=2)
    mask = coco_mask.decode(found['masks'][0]).astype(bool)
    truth = red_square()[..., 0] > 0
    assert (mask & truth).sum() / (mask | truth).sum() > 0.9
    json.dumps(found)


def test_file_and_array_agree(detector, tmp_path):
    path = tmp_path / 'square.png'
    cv2.imwrite(str(path), red_square()[..., ::-1])
    first = detector(red_square())['predictions'][0]
    second = detector(path)['predictions'][0]
    assert first['masks'] == second['masks']
    assert second['img_path'] == str(path)


def test_lists_stacks_and_batches_agree(detector):
    images = [red_square(), red_square()[::-1].copy(), red_square()]
    one = detector(images)['predictions']
    two = detector(images, batch_size=2)['predictions']
    stack = detector(np.stack(images))['predictions']
    strip = [
        [{**p, 'img_path': None} for p in found] for found in (one, two, stack)
    ]
    assert strip[0] == strip[1] == strip[2]
    assert one[0]['bboxes'] != one[1]['bboxes']


def test_weights_are_loaded(tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save({'state_dict': {'score': torch.tensor(0.25)}}, path)
    inferencer = CutS3DInferencer(detector_config(), str(path), 'cpu')
    (found,) = inferencer(red_square())['predictions']
    assert found['scores'] == [0.25]


def test_detector_hides_low_scores_in_pictures_only(detector):
    shown = detector(red_square(), return_vis=True)['visualization'][0]
    hidden = detector(red_square(), return_vis=True, pred_score_thr=0.6)
    assert (shown != red_square()).any()
    assert (hidden['visualization'][0] == red_square()).all()
    assert len(hidden['predictions'][0]['scores']) == 1


def test_what_is_saved_and_printed(detector, tmp_path, capsys):
    def written(name, **settings):
        detector(red_square(), out_dir=str(tmp_path / name), **settings)
        return sorted(
            path.parent.name for path in tmp_path.glob(f'{name}/*/*')
        )

    assert written('both') == ['preds', 'vis']
    assert written('no_vis', no_save_vis=True) == ['preds']
    assert written('no_pred', no_save_pred=True) == ['vis']
    assert capsys.readouterr().out == ''
    plain = detector(
        red_square(), draw_pred=False, return_vis=True, print_result=True
    )
    assert np.array_equal(plain['visualization'][0], red_square())
    assert "'scores': [0.5]" in capsys.readouterr().out


def test_addresses_are_refused_as_they_were_given(labeler, scene):
    found = labeler(scene.image, depth='https://host/a/depth.png')
    assert (
        'https://host/a/depth.png: fetch' in found['predictions'][0]['error']
    )
    given = {'depth': scene.depth, 'features': 's3://bucket/map.npz'}
    found = labeler(scene.image, **given)['predictions'][0]
    assert 's3://bucket/map.npz: fetch' in found['error']


def test_labeler_gives_what_the_method_gives(labeler, scene, tmp_path):
    result = labeler(
        scene.image, depth=scene.depth, return_vis=True, out_dir=tmp_path
    )
    (found,) = result['predictions']
    masks = coco_mask.decode(found['masks']).transpose(2, 0, 1).astype(bool)
    method = touching(refine=NO_CRF, local={'z_scale': 5.0})
    features = classical_features(scene.image, 8)
    direct = method(scene.image, features, scene.depth)
    assert np.array_equal(masks, direct.masks)
    assert np.allclose(found['scores'], direct.scores)
    assert np.allclose(found['bboxes'], direct.boxes)
    assert len(found['confidences']) == len(found['scores']) == len(masks)
    (picture,) = result['visualization']
    saved = cv2.imread(str(tmp_path / 'vis' / '000000.png'))
    assert np.array_equal(saved[..., ::-1], picture)
    with open(tmp_path / 'preds' / '000000.json') as file:
        assert json.load(file) == found


def test_given_depth_decides(labeler, scene):
    """Without depth differences the objects stay together."""
    flat = np.zeros_like(scene.depth)
    split = labeler(scene.image, depth=scene.depth)['predictions'][0]
    joined = labeler(scene.image, depth=flat)['predictions'][0]
    assert split['masks'] != joined['masks']
    inverse = labeler(
        scene.image,
        depth=1 / (1 + scene.depth),
        depth_settings={'direction': 'near_is_large'},
    )['predictions'][0]
    assert inverse['error'] is None


def test_depth_arrays_and_files_agree(labeler, folder, scene):
    image = str(folder / 'color' / 'a.png')
    by_array = labeler(image, depth=scene.depth)['predictions'][0]
    by_file = labeler(image, depth=folder / 'depth' / 'a.png')
    assert by_file['predictions'][0]['masks'] == by_array['masks']


def test_given_features_are_used(labeler, scene, tmp_path):
    rng = np.random.default_rng(0)
    features = rng.normal(0, 0.05, (4, 16, 16)).astype(np.float32)
    features[0] += 1
    features[0, 2:7, 3:9] -= 2
    np.savez(tmp_path / 'map.npz', features=features)
    found = [
        labeler(
            scene.image,
            depth=np.zeros((16, 16)),
            features=given,
        )['predictions'][0]
        for given in (features, tmp_path / 'map.npz')
    ]
    assert found[0]['masks'] == found[1]['masks']
    # 8 pixels a patch.
    assert found[0]['bboxes'][0] == [24, 16, 72, 56]


def test_bad_images_do_not_stop_the_rest(labeler, folder):
    result = labeler(
        folder / 'color',
        depth=folder / 'depth',
        out_dir=folder / 'out',
        batch_size=3,
        return_vis=True,
    )
    found = result['predictions']
    assert [p['img_path'][-5:] for p in found] == [
        'a.png',
        'b.jpg',
        'c.png',
        'd.png',
    ]
    good, unreadable, without_depth, last = found
    assert good['error'] is None and last['error'] is None
    assert good['masks'] == last['masks'] and good['masks']
    assert 'b.jpg' in unreadable['error'] and unreadable['masks'] == []
    assert 'c.png' in without_depth['error']
    names = sorted(p.name for p in (folder / 'out' / 'preds').iterdir())
    assert names == ['a.json', 'b.json', 'c.json', 'd.json']
    assert len(result['visualization']) == 4


def test_missing_depth_folder_asks_for_depth(labeler, scene):
    (found,) = labeler(scene.image)['predictions']
    assert 'depth' in found['error'] and '/nowhere/depth' in found['error']


def test_explanation_is_drawn(labeler, scene, tmp_path):
    labeler(
        scene.image,
        depth=scene.depth,
        explain=True,
        cloud=False,
        out_dir=tmp_path,
    )
    sheet = cv2.imread(str(tmp_path / 'cuts' / '000000.png'))
    assert sheet.shape[0] > 400 and sheet.shape[1] > 1000
    assert (tmp_path / 'clouds' / '000000.ply').stat().st_size > 128**2 * 15


def test_explaining_changes_no_prediction(labeler, scene):
    plain = labeler(scene.image, depth=scene.depth)['predictions']
    explained = labeler(scene.image, depth=scene.depth, explain=True)
    assert explained['predictions'] == plain


@pytest.mark.parametrize('explain', [False, True])
def test_each_image_is_cut_once(labeler, scene, explain, monkeypatch):
    calls = []
    steps = CutS3D.steps

    def count(self, *args):
        calls.append(args)
        return steps(self, *args)

    monkeypatch.setattr(CutS3D, 'steps', count)
    labeler(
        [scene.image, scene.image[:, ::-1].copy()],
        depth=[scene.depth, scene.depth[:, ::-1].copy()],
        explain=explain,
    )
    assert len(calls) == 2
    assert not labeler.model.keep_steps


def test_explanation_is_that_of_the_prediction(
    labeler, scene, tmp_path, monkeypatch
):
    """Each step shows the mask that it made."""
    shown = []

    def keep(image, steps, instances, depth, *args, **kwargs):
        shown.append((steps, instances, depth))
        return image

    monkeypatch.setattr('mmcuts3d.apis.explain.draw_cut', keep)
    (found,) = labeler(
        scene.image,
        depth=scene.depth,
        explain=True,
        cloud=False,
        out_dir=tmp_path,
    )['predictions']
    ((steps, instances, depth),) = shown
    assert depth.shape == scene.depth.shape
    named = [step for step in steps if step.instance is not None]
    assert [step.instance for step in named] == list(range(len(instances)))
    assert len(named) == len(found['scores']) > 0
    for step in named:
        inside = np.kron(step.local_cut, np.ones((8, 8), bool))
        mask = instances.masks[step.instance]
        assert mask.any() and not (mask & ~inside).any()


def test_detector_explains_nothing(detector, tmp_path):
    detector(red_square(), explain=True, out_dir=tmp_path)
    assert not (tmp_path / 'cuts').exists()


def test_baseline_without_depth(scene, tmp_path):
    inferencer = CutS3DInferencer(labeler_config(method='MaskCut'))
    result = inferencer(scene.image, explain=True, out_dir=tmp_path)
    (found,) = result['predictions']
    assert found['error'] is None and found['masks']
    assert 'confidences' not in found
    assert (tmp_path / 'cuts').exists()
    assert not (tmp_path / 'clouds').exists()


def test_data_samples_come_without_the_maps(labeler, scene):
    (sample,) = labeler(
        scene.image, depth=scene.depth, return_datasamples=True
    )['predictions']
    assert sample.pred_instances.masks.shape[1:] == (128, 128)
    assert 'depth' not in sample and 'features' not in sample


def test_cfg_options():
    options = {'model.cut.local.z_scale': 2.0, 'model.cut.num_instances': 7}
    inferencer = CutS3DInferencer(labeler_config(), cfg_options=options)
    assert inferencer.model.cut.local.z_scale == 2.0
    assert inferencer.model.cut.num_instances == 7
    assert inferencer.model.cut.local.outside == 'drop'  # of the preset


def test_keyword_sets_are_disjoint():
    sets = [
        getattr(CutS3DInferencer, f'{name}_kwargs')
        for name in ('preprocess', 'forward', 'visualize', 'postprocess')
    ]
    assert all(sets)
    assert len(set.union(*sets)) == sum(map(len, sets))


def test_unknown_keyword(detector):
    with pytest.raises(ValueError, match='colour'):
        detector(red_square(), colour='red')


@pytest.mark.parametrize(
    ('model', 'message'),
    [('no/such/config.py', 'config file'), ({'x': 1}, 'field `model`')],
)
def test_no_config(model, message):
    with pytest.raises(ValueError, match=message):
        CutS3DInferencer(model)


def test_array_of_another_kind_is_an_error_of_its_own(detector):
    found = detector([red_square() / 255, red_square()])['predictions']
    assert 'uint8' in found[0]['error'] and found[1]['error'] is None


def test_items_line_up(tmp_path):
    images = ['x/a.jpg', 'x/a.png', np.zeros((4, 4, 3), np.uint8)]
    names = [item.name for item in as_items(images)]
    assert len(set(names)) == 3 and names[0] == 'a'
    with pytest.raises(ValueError, match='depth'):
        as_items(images, depth=['a.png'])
    with pytest.raises(ValueError, match='inputs'):
        as_items(tmp_path)
    with pytest.raises(ValueError, match='folder'):
        as_items(images[2], depth=tmp_path)
