"""The paper's detectors in mixed precision, as the recipe trains them.

On a CPU autocast makes bfloat16, which mmcv's operators take on a GPU alone;
here they get floats, and give back what they are asked for.
"""

import importlib
from types import SimpleNamespace

import pytest
import torch
from helpers import ROOT
from helpers.detectors import (
    detector_batch,
    small_detector,
    training_losses,
)
from mmdet.utils import register_all_modules

FOLDER = ROOT / 'configs' / 'cuts3d'
OPERATORS = {
    'mmcv.ops.roi_align': ('roi_align_forward', 'roi_align_backward'),
    'mmcv.ops.nms': ('nms',),
}


def with_floats(operator):
    def call(*args, **kwargs):
        floats = [
            arg.float()
            if getattr(arg, 'dtype', None) == torch.bfloat16
            else arg
            for arg in args
        ]
        result = operator(*floats, **kwargs)
        for arg, value in zip(args, floats, strict=True):
            if arg is not value and not torch.equal(arg.float(), value):
                arg.copy_(value)  # where the operator writes to
        return result

    return call


@pytest.fixture(autouse=True)
def operators(monkeypatch):
    register_all_modules(init_default_scope=True)
    for name, functions in OPERATORS.items():
        module = importlib.import_module(name)
        extension = SimpleNamespace(
            **{
                function: with_floats(getattr(module.ext_module, function))
                for function in functions
            }
        )
        monkeypatch.setattr(module, 'ext_module', extension)


@pytest.mark.parametrize(
    'name', ['cascade-mask-rcnn-cutler', 'cascade-mask-rcnn']
)
def test_a_step_and_a_prediction(name):
    path = FOLDER / f'{name}_r50_fpn_cuts3d_4xb1-160k_imagenet.py'
    exact = training_losses(small_detector(path).train(), detector_batch())
    detector = small_detector(path).train()
    kinds = set()
    head = detector.roi_head.bbox_head[0]
    head.fc_reg.register_forward_hook(
        lambda module, inputs, output: kinds.add(output.dtype)
    )
    with torch.autocast('cpu', torch.bfloat16):
        losses = training_losses(detector, detector_batch())
    assert kinds == {torch.bfloat16}
    assert losses.keys() == exact.keys()
    # What does not hang on which RoIs were sampled.
    for key in ('s0.loss_cls', 's0.loss_mask'):
        assert losses[key].item() == pytest.approx(exact[key].item(), rel=0.25)
    total, _ = detector.parse_losses(losses)
    total.backward()
    gradients = {
        key: parameter.grad for key, parameter in detector.named_parameters()
    }
    assert all(grad.isfinite().all() for grad in gradients.values())
    assert gradients['roi_head.mask_head.0.conv_logits.weight'].any()
    detector.eval()
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
        data = detector.data_preprocessor(detector_batch())
        found = detector(**data, mode='predict')
    for sample in found:
        scores = sample.pred_instances.scores
        assert len(scores) > 0 and scores.isfinite().all()
        assert (scores.diff() <= 0).all()
        assert sample.pred_instances.masks.shape[1:] == (128, 128)
