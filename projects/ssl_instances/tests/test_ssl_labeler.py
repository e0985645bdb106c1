"""The proposals as a detector, and every door that their labels pass."""

import cv2
import numpy as np
import pytest
from helpers import ROOT
from helpers.labeler import SIZE, run, sample, scene_of
from mmengine.registry import DATASETS, init_default_scope
from pycocotools import mask as coco_mask

from mmcuts3d.apis import CutS3DInferencer
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.labeling import run_labeling
from mmcuts3d.engine.labeling.by_config import job_by_config
from mmcuts3d.labels import open_store
from mmcuts3d.models.features import classical_features
from mmcuts3d.registry import MODELS
from mmcuts3d.visualization import draw_cut, draw_instances
from projects.ssl_instances.ssl_instances.proposals import SpectralProposals

FOLDER = ROOT / 'projects' / 'ssl_instances' / 'configs'
CLASSICAL = 'mmcuts3d.ClassicalFeatures'
#: Grids here have 320 patches.
SMALL = {'min_patches': 4}


def labeler(**settings):
    init_default_scope('mmdet')
    config = {
        'type': 'mmcuts3d.SSLInstancesLabeler',
        'features': {'type': CLASSICAL, 'patch_size': 8},
        'proposals': SMALL,
    }
    return MODELS.build({**config, **settings}).eval()


@pytest.fixture(scope='module')
def image():
    return scene_of(5)[0]


@pytest.mark.parametrize('saliency', ['same', 'other', None])
def test_predictions_are_those_of_the_method(image, saliency):
    features = classical_features(image, 8)
    given = {
        'same': features,
        'other': classical_features(image, 16),
        None: None,
    }[saliency]
    expected = SpectralProposals(**SMALL)(image, features, given)
    setting = saliency
    if saliency == 'other':
        setting = {'type': CLASSICAL, 'patch_size': 16}
    (result,) = run(labeler(saliency_features=setting), sample(image))
    found = result.pred_instances
    assert len(found) > 2
    np.testing.assert_array_equal(found.masks, expected.masks)
    np.testing.assert_array_equal(found.bboxes, expected.boxes)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert found.masks.sum(0).max() > 1  # they overlap
    assert 'confidences' not in found and not found.labels.any()


def test_one_bad_image_does_not_fail_the_others(image):
    bad = sample(image, features=np.full((3, 4, 4), np.nan))
    first, second = run(labeler(), bad, sample(image))
    assert 'finite' in first.error
    assert len(first.pred_instances) == 0 < len(second.pred_instances)
    with pytest.raises(ValueError, match='images/a.png: .*finite'):
        run(labeler(on_error='raise'), bad)


def test_an_image_of_one_colour_has_no_masks():
    flat = np.full((*SIZE, 3), 90, np.uint8)
    (result,) = run(labeler(), sample(flat))
    assert result.get('error') is None
    assert len(result.pred_instances) == 0
    assert 'confidences' not in result.pred_instances


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'batched': {}}, '`batched`.*image by image'),
        ({'second_look': {}}, '`second_look`.*whole image'),
        ({'saliency_features': 'dino'}, "`saliency_features`.*'dino'"),
        ({'proposals': {'kss': [2]}}, "`proposals`.*'kss'"),
        ({'proposals': {'ks': [0]}}, '`ks`'),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        labeler(**settings)


def test_steps_make_a_sheet(image):
    """The panels that explain a cut, of masks without confidence or depth."""
    found = SpectralProposals(**SMALL)(
        image, classical_features(image, 8), classical_features(image, 8)
    )
    sheet = draw_cut(image, found.steps[:3], found)
    assert sheet.ndim == 3 and sheet.std() > 0
    picture = draw_instances(image, found.masks)
    assert picture.shape[2] == 3 and (picture != 0).any()


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    """Two scenes and one image without structure."""
    folder = tmp_path_factory.mktemp('images')
    for seed in (5, 6):
        pixels = scene_of(seed, (96, 96))[0]
        cv2.imwrite(str(folder / f'{seed}.png'), pixels[..., ::-1])
    cv2.imwrite(str(folder / 'flat.png'), np.full((96, 96, 3), 9, np.uint8))
    return folder


@pytest.fixture(scope='module', params=['jsonl', 'parquet'])
def store(request, images, tmp_path_factory):
    """A label store, as the core's command writes it."""
    if request.param == 'parquet':
        pytest.importorskip('pyarrow')
    folder = tmp_path_factory.mktemp(request.param)
    config = folder / 'small.py'
    base = FOLDER / 'proposals_classical_rgbd-scenes.py'
    config.write_text(
        f'_base_ = {str(base)!r}\n'
        'model = dict(proposals=dict(min_patches=10, ks=(2, 3)))\n'
    )
    job = job_by_config(config, images, folder / 'out', store=request.param)
    result = run_labeling(job)
    assert (result.num_images, result.num_errors) == (3, 0)
    return result.label_file


def test_the_store_keeps_overlapping_masks_without_confidence(store):
    opened = open_store(store)
    rows = [row for record in opened.records() for row in record.annotations]
    assert opened.statistics().num_masks == len(rows) >= 4
    assert opened.statistics().num_maps == 0
    assert all('confidence' not in row for row in rows)
    assert all(0.5 <= row['score'] <= 1 for row in rows)
    overlapping = []
    for record in opened.records():
        masks = [
            coco_mask.decode(row['segmentation']) for row in record.annotations
        ]
        if masks:
            overlapping.append(np.sum(masks, axis=0).max() > 1)
    assert len(overlapping) == 2  # none of the flat image
    assert any(overlapping)


def test_the_dataset_and_copy_paste_take_them(store, images):
    init_default_scope('mmdet')
    config = load_config(
        FOLDER / 'solov2_r18_fpn_ssl-instances_1xb4-demo_rgbd-scenes.py'
    )
    dataset = config.train_dataloader.dataset
    dataset.dataset.ann_file = str(store)
    dataset.dataset.data_prefix = dict(img=str(images))
    built = DATASETS.build(dataset)
    assert len(built) == 2
    number = 0
    for index in range(2):
        sample_ = built[index]['data_samples'].gt_instances
        assert 'confidences' not in sample_
        assert len(sample_.masks) == len(sample_.bboxes) > 0
        number = max(number, sample_.masks.masks.sum(0).max())
    assert number > 1  # they overlap still


def test_the_inferencer_takes_it(images, tmp_path):
    inferencer = CutS3DInferencer(
        str(FOLDER / 'proposals_classical_rgbd-scenes.py'), device='cpu'
    )
    found = inferencer(str(images / '5.png'), out_dir=str(tmp_path))
    (prediction,) = found['predictions']
    assert len(prediction['masks']) > 0
    assert 'confidences' not in prediction
    assert (tmp_path / 'vis' / '5.png').stat().st_size > 1000


PROPOSALS = FOLDER / 'proposals_vit-b16-mae_vit-b16-dino_coco.py'


def without_weights(config):
    for part in ('features', 'saliency_features'):
        if config.model.get(part):
            config.model[part].update(weights=None, arch='tiny')
    return config


def test_the_config_of_the_paper():
    config = load_config(PROPOSALS)
    assert config.model.features.weights == 'mae_vitb16'
    assert config.model.saliency_features.weights == 'dino_vitb16'
    model = MODELS.build(without_weights(config).model)
    proposals = model.proposals
    assert proposals.ks == (2, 3, 4, 5) and proposals.split
    assert (proposals.min_salient, proposals.max_iou) == (0.5, 0.8)
    assert proposals.min_patches == 1 and proposals.refine.crf is False
    assert set(model.sources()) == {'features', 'saliency_features'}


def test_a_network_for_each(image):
    """Two networks of random weights: each map is of its own."""
    config = without_weights(load_config(PROPOSALS))
    config.model.saliency_features.patch_size = 32
    model = MODELS.build(config.model).eval()
    (result,) = run(model, sample(image))
    assert result.get('error') is None
    inputs = model.gather(sample(image)[0].float(), result)
    assert inputs['features'].shape[1:] == (30, 30)
    assert inputs['saliency_features'].shape[1:] == (15, 15)
