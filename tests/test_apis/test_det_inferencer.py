"""mmdet's own DetInferencer takes the detectors of this package."""

import cv2
import numpy as np
import pytest
import torch
from helpers import ROOT
from helpers.training import DEMO, tiny_config
from mmdet.apis import DetInferencer
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from pycocotools import mask as coco_mask

from mmcuts3d.apis import CutS3DInferencer

DETECTORS = sorted(
    path
    for folder in ('cuts3d', 'evaluation')
    for path in (ROOT / 'configs' / folder).glob('cascade-mask-rcnn_*.py')
)


@pytest.fixture(scope='module')
def detector(tmp_path_factory):
    """A config, a checkpoint as the runner writes it, and an image."""
    folder = tmp_path_factory.mktemp('detector')
    config = tiny_config(1)
    shipped = Config.fromfile(ROOT / 'configs' / 'cuts3d' / DEMO)
    config.test_dataloader = shipped.test_dataloader
    config.test_dataloader.dataset.data_root = str(folder / 'scenes')
    # Where a dataset of scenes is built, its images are made.
    config.test_dataloader.dataset.update(num_scenes=1, size=(64, 64))
    config.model.test_cfg.rcnn.score_thr = 0.0
    init_default_scope('mmdet')
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    weights = folder / 'iter_1.pth'
    meta = {'dataset_meta': {'classes': ('object',)}}
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, weights)
    rng = np.random.default_rng(0)
    image = folder / 'image.png'
    cv2.imwrite(str(image), rng.integers(0, 255, (90, 120, 3), np.uint8))
    return config, str(weights), str(image)


def test_demo_detector_by_both_inferencers(detector, tmp_path):
    config, weights, image = detector
    theirs = DetInferencer(
        Config(config.to_dict()), weights, 'cpu', show_progress=False
    )
    (first,) = theirs(image, out_dir=str(tmp_path))['predictions']
    (second,) = CutS3DInferencer(config, weights, 'cpu')(image)['predictions']
    assert len(first['scores']) == 8
    assert np.allclose(first['scores'], second['scores'])
    assert np.allclose(first['bboxes'], second['bboxes'])
    masks = [coco_mask.decode(code) for code in first['masks']]
    assert masks[0].shape == (90, 120)
    assert np.array_equal(masks[0], coco_mask.decode(second['masks'][0]))
    assert (tmp_path / 'vis' / 'image.png').is_file()
    # An array, BGR here as in mmdet, takes the same way.
    array = theirs(cv2.imread(image))['predictions'][0]
    assert np.allclose(array['scores'], first['scores'])


@pytest.mark.parametrize('path', DETECTORS, ids=lambda path: path.stem)
def test_every_detector_has_a_loader_that_mmdet_finds(path):
    init_default_scope('mmdet')
    inferencer = object.__new__(DetInferencer)
    pipeline = inferencer._init_pipeline(Config.fromfile(path))
    assert type(pipeline.transforms[0]).__name__ == 'InferencerLoader'
