"""Clipping by parameter, against torch's own of one parameter at a time."""

import copy

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from torch import nn

import mmcuts3d.registry  # noqa: F401
from mmcuts3d.engine import optim
from mmcuts3d.engine.optim import (
    ParameterwiseClipAmpOptimWrapper,
    ParameterwiseClipOptimWrapper,
    clip_each_grad_norm_,
    in_mixed_precision,
)

SHAPES = [(3, 4), (7,), (2, 3, 5, 5), (1,), ()]


def gradients(seed=0):
    """Some above a norm of 1, some far below, one of zeros."""
    generator = torch.Generator().manual_seed(seed)
    made = [torch.randn(shape, generator=generator) for shape in SHAPES]
    made[1] *= 1e-3
    made[3] *= 0
    return made


def clipped_alone(made, max_norm, norm_type):
    parameters = [nn.Parameter(torch.zeros_like(one)) for one in made]
    for parameter, gradient in zip(parameters, made, strict=True):
        parameter.grad = gradient.clone()
        nn.utils.clip_grad_norm_(parameter, max_norm, norm_type)
    return [parameter.grad for parameter in parameters]


@pytest.mark.parametrize('norm_type', [2.0, 1.0, float('inf')])
@pytest.mark.parametrize('max_norm', [1.0, 0.05])
def test_each_is_clipped_as_torch_does_alone(max_norm, norm_type):
    made = gradients()
    expected = clipped_alone(made, max_norm, norm_type)
    whole = torch.cat([one.flatten() for one in made]).norm(norm_type)
    total = clip_each_grad_norm_(made, max_norm, norm_type)
    torch.testing.assert_close(total, whole)
    for mine, other in zip(made, expected, strict=True):
        torch.testing.assert_close(mine, other)
    assert torch.equal(made[1], gradients()[1])  # small: as it was
    assert not torch.equal(made[0], gradients()[0])


def test_gradients_of_several_types_are_clipped():
    made = [
        one.to(torch.float64 if one.ndim > 1 else torch.float32)
        for one in gradients()
    ]
    expected = clipped_alone(made, 1.0, 2.0)
    clip_each_grad_norm_(made, 1.0)
    for mine, other in zip(made, expected, strict=True):
        assert mine.dtype == other.dtype
        torch.testing.assert_close(mine, other)


def train(wrapper, model, steps=3):
    generator = torch.Generator().manual_seed(3)
    for _ in range(steps):
        inputs = 30 * torch.randn(8, 4, generator=generator)
        with wrapper.optim_context(model):
            loss = model(inputs).square().mean()
        wrapper.update_params(loss)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))


def test_a_run_is_that_of_torch_clipping_each():
    """Built from a config, with a parameter group each."""
    model = network()
    reference = copy.deepcopy(model)
    wrapper = build_optim_wrapper(
        model,
        {
            'type': 'mmcuts3d.ParameterwiseClipOptimWrapper',
            'optimizer': {'type': 'SGD', 'lr': 0.1, 'momentum': 0.9},
            'clip_grad': {'max_norm': 0.5, 'norm_type': 2},
            'paramwise_cfg': {'bias_lr_mult': 1.0},
        },
    )
    assert len(wrapper.optimizer.param_groups) == 4
    train(wrapper, model)
    optimizer = torch.optim.SGD(reference.parameters(), 0.1, momentum=0.9)
    generator = torch.Generator().manual_seed(3)
    clipped = 0
    for _ in range(3):
        inputs = 30 * torch.randn(8, 4, generator=generator)
        optimizer.zero_grad()
        reference(inputs).square().mean().backward()
        for parameter in reference.parameters():
            clipped += nn.utils.clip_grad_norm_(parameter, 0.5) > 0.5
        optimizer.step()
    assert clipped > 3
    for mine, other in zip(
        model.parameters(), reference.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, other)


def test_the_norm_of_all_is_logged():
    model = network()
    wrapper = ParameterwiseClipOptimWrapper(
        optimizer=torch.optim.SGD(model.parameters(), 0.0)
    )
    assert wrapper.clip_grad_kwargs == {'max_norm': 1.0, 'norm_type': 2.0}
    train(wrapper, model, steps=1)
    inputs = 30 * torch.randn(8, 4, generator=torch.Generator().manual_seed(3))
    found = torch.autograd.grad(
        model(inputs).square().mean(), list(model.parameters())
    )
    expected = torch.cat([one.flatten() for one in found]).norm()
    logged = wrapper.message_hub.get_scalar('train/grad_norm').current()
    assert logged == pytest.approx(expected.item(), rel=1e-5)


class _Scaler:
    """torch's GradScaler by hand: scales losses by 1024, and skips a step
    whose gradients are not finite."""

    def __init__(self, *args, **kwargs):
        self.finite = True

    def scale(self, loss):
        return 1024 * loss

    def unscale_(self, optimizer):
        grads = [p.grad for g in optimizer.param_groups for p in g['params']]
        for grad in grads:
            grad.div_(1024)
        self.finite = all(grad.isfinite().all() for grad in grads)

    def step(self, optimizer):
        if self.finite:
            optimizer.step()

    def update(self, *args):
        pass


@pytest.fixture
def with_gpu(monkeypatch):
    """mmengine believes in a GPU; the loss scale is by hand."""
    from mmengine.optim.optimizer import amp_optimizer_wrapper as amp

    monkeypatch.setattr(optim.parameterwise_clip, 'get_device', lambda: 'cuda')
    monkeypatch.setattr(amp, 'is_cuda_available', lambda: True)
    monkeypatch.setattr(amp, 'GradScaler', _Scaler)


def test_mixed_precision_clips_unscaled_gradients(with_gpu):
    results = []
    for kind in (
        ParameterwiseClipOptimWrapper,
        ParameterwiseClipAmpOptimWrapper,
    ):
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        wrapper = kind(optimizer=optimizer, clip_grad={'max_norm': 0.5})
        for _ in range(2):
            loss = model(torch.full((8, 4), 3.0)).square().mean()
            wrapper.update_params(loss)
        results.append(list(model.parameters()))
    for mine, other in zip(*results, strict=True):
        torch.testing.assert_close(mine, other)


def test_a_step_with_infinite_gradients_is_skipped(with_gpu):
    model = network()
    before = copy.deepcopy(model.state_dict())
    wrapper = ParameterwiseClipAmpOptimWrapper(
        optimizer=torch.optim.SGD(model.parameters(), 0.1)
    )
    wrapper.update_params(model(torch.full((8, 4), 3.0)).mean() * 1e38)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.skipif(torch.cuda.is_available(), reason='for a CPU')
def test_mixed_precision_without_a_gpu_is_refused():
    optimizer = torch.optim.SGD(network().parameters(), 0.1)
    with pytest.raises(ValueError, match='GPU.*ClipOptimWrapper'):
        ParameterwiseClipAmpOptimWrapper(optimizer=optimizer)


@pytest.mark.parametrize(
    ('settings', 'words'),
    [
        ({'max_norm': 0}, '`max_norm`.*above 0.*got 0'),
        ({'max_norm': 1, 'norm_type': -1}, '`norm_type`.*above 0'),
        ({'max_norm': 'much'}, "`max_norm`.*'much'"),
        ({'clip_value': 1}, '`clip_grad`.*clip_value'),
        ({'type': 'value', 'max_norm': 1}, '`clip_grad`.*value'),
    ],
)
def test_wrong_settings_are_refused(settings, words):
    optimizer = torch.optim.SGD(network().parameters(), 0.1)
    with pytest.raises(ValueError, match=words):
        ParameterwiseClipOptimWrapper(optimizer=optimizer, clip_grad=settings)


def test_the_amp_option_keeps_the_clipping():
    for name in ('ClipOptimWrapper', 'ClipAmpOptimWrapper'):
        kept = in_mixed_precision(f'mmcuts3d.Parameterwise{name}')
        assert kept == 'mmcuts3d.ParameterwiseClipAmpOptimWrapper'
    assert in_mixed_precision('OptimWrapper') == 'AmpOptimWrapper'
