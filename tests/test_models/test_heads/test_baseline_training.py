"""CutLER's and CuVLER's configs: the detector of CutS3D on other labels."""

import pytest
import torch
from helpers import ROOT
from helpers.detectors import detector_batch, small_detector, training_losses
from mmcv.transforms import Compose
from mmdet.datasets.transforms import PackDetInputs
from mmdet.utils import register_all_modules
from mmengine.config import Config

CUTLER, CUVLER = (
    ROOT / f'configs/{method}/cascade-mask-rcnn_r50_fpn_{method}_{rest}.py'
    for method, rest in (
        ('maskcut', '8xb2-160k_imagenet'),
        ('votecut', '8xb2-80k_imagenet'),
    )
)


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _flat(loss):
    """Losses of the RPN come one by level."""
    return torch.stack(loss) if isinstance(loss, list) else loss


def test_scores_lower_all_losses_of_a_roi():
    detector = small_detector(CUVLER).train()
    batch = detector_batch(with_confidences=False)
    sure = training_losses(detector, batch)
    plain = training_losses(small_detector(CUTLER).train(), batch)
    for name, value in sure.items():  # the same weights, the same losses
        assert torch.equal(_flat(value), _flat(plain[name])), name
    for sample in batch['data_samples']:
        number = len(sample.gt_instances)
        sample.gt_instances.scores = torch.full((number,), 0.25)
    scored = training_losses(detector, batch)
    for stage in range(3):
        for part in ('bbox', 'mask'):
            name = f's{stage}.loss_{part}'
            torch.testing.assert_close(scored[name], 0.25 * sure[name])
        name = f's{stage}.loss_cls'
        assert scored[name] != sure[name] and torch.isfinite(scored[name])
    for name in ('loss_rpn_cls', 'loss_rpn_bbox'):
        assert torch.equal(_flat(scored[name]), _flat(sure[name]))
    total, _ = detector.parse_losses(scored)
    total.backward()
    head = 'roi_head.mask_head.2.conv_logits.weight'
    assert detector.get_parameter(head).grad.abs().sum() > 0


@pytest.mark.parametrize(
    'path,iterations', [(CUTLER, 160_000), (CUVLER, 80_000)]
)
def test_numbers_of_the_baselines(path, iterations):
    """Of the YAML files of CutLER and CuVLER."""
    cfg = Config.fromfile(path)
    assert cfg.train_cfg.max_iters == iterations
    assert 8 * cfg.train_dataloader.batch_size == 16
    assert cfg.auto_scale_lr == {'enable': False, 'base_batch_size': 16}
    assert cfg.optim_wrapper.optimizer.lr == 1e-2
    paste = cfg.train_dataloader.dataset.pipeline[0]
    assert (paste.select, paste.get('blend')) == ('random', None)
    labels = path.parent.name + '_pseudo_labels'
    assert cfg.train_dataloader.dataset.dataset.ann_file.endswith(labels)
    for head in cfg.model.roi_head.bbox_head:
        loss = head.loss_cls
        if path == CUVLER:
            assert head.type == 'mmcuts3d.SoftTargetBBoxHead'
            loss = loss.loss
        assert (loss.type, loss.iou_thr) == ('mmcuts3d.DropLoss', 0.01)
    assert cfg.model.test_cfg.rpn.nms.iou_threshold == 0.65
    assert cfg.load_from is None


@pytest.mark.parametrize('path', [CUTLER, CUVLER], ids=lambda p: p.stem)
def test_transforms_build(path):
    dataset = Config.fromfile(path).train_dataloader.dataset
    for pipeline in (dataset.dataset.pipeline, dataset.pipeline):
        transforms = Compose(pipeline).transforms
        assert len(transforms) == len(pipeline)
    assert isinstance(transforms[-1], PackDetInputs)
