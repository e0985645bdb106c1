"""Gradients clipped parameter by parameter, as detectron2 clips them.

CutLER's CLIP_GRADIENTS (norm, 1.0) gives each parameter a norm of at most 1;
mmengine's ``clip_grad`` is for the norm of all together.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import Tensor

from mmcuts3d.registry import OPTIM_WRAPPERS


@torch.no_grad()
def clip_each_grad_norm_(
    gradients: Sequence[Tensor], max_norm: float, norm_type: float = 2.0
) -> Tensor:
    """Scale each gradient in place so that its norm is at most ``max_norm``.

    Equal to ``torch.nn.utils.clip_grad_norm_`` of each parameter alone, but
    the norms of all are taken at once, and nothing waits for the device.

    Args:
        gradients (Sequence[Tensor]): Gradients of any shapes, not empty.
        max_norm (float): Largest norm, above 0.
        norm_type (float): Of the norm, perhaps infinite. Defaults to 2.0.

    Returns:
        Tensor: Norm of all gradients together, before they were clipped,
        shape ().
    """
    groups: dict[tuple, list[Tensor]] = defaultdict(list)
    for gradient in gradients:
        groups[gradient.device, gradient.dtype].append(gradient)
    totals = []
    for group in groups.values():
        norms = torch.stack(torch._foreach_norm(group, norm_type))
        scales = (max_norm / (norms + 1e-6)).clamp(max=1)
        torch._foreach_mul_(group, list(scales.unbind()))
        totals.append(torch.linalg.vector_norm(norms, norm_type))
    first = totals[0]
    return torch.linalg.vector_norm(
        torch.stack([total.to(first) for total in totals]), norm_type
    )


def in_mixed_precision(wrapper: str) -> str:
    """The optim wrapper that does the same in mixed precision.

    Args:
        wrapper (str): Type of an optim wrapper.

    Returns:
        str: ``'mmcuts3d.ParameterwiseClipAmpOptimWrapper'`` for the two of
        this module, else ``'AmpOptimWrapper'``.
    """
    if 'ParameterwiseClip' in wrapper:
        return 'mmcuts3d.ParameterwiseClipAmpOptimWrapper'
    return 'AmpOptimWrapper'


def has_mixed_precision() -> bool:
    """Whether this machine has a device that trains in mixed precision."""
    return get_device() not in ('cpu', 'mps')


class _ParameterwiseClipMixin:
    """Clips each gradient where mmengine clips all of them."""

    def __init__(
        self, *args: Any, clip_grad: dict | None = None, **kwargs: Any
    ) -> None:
        settings = _checked({} if clip_grad is None else clip_grad)
        super().__init__(*args, clip_grad=settings, **kwargs)

    def _clip_grad(self) -> None:
        """mmengine calls it before a step, with unscaled gradients."""
        gradients = [
            parameter.grad
            for group in self.optimizer.param_groups
            for parameter in group['params']
            if parameter.grad is not None
        ]
        if gradients:
            total = clip_each_grad_norm_(gradients, **self.clip_grad_kwargs)
            self.message_hub.update_scalar('train/grad_norm', float(total))


@OPTIM_WRAPPERS.register_module()
class ParameterwiseClipOptimWrapper(_ParameterwiseClipMixin, OptimWrapper):
    """mmengine's ``OptimWrapper`` that clips each parameter's gradient.

    The log's ``grad_norm`` is that of all gradients together before they are
    clipped, as in mmengine. Other arguments are those of ``OptimWrapper``.

    Args:
        clip_grad (dict, optional): ``max_norm``, the largest norm of a
            parameter's gradient, above 0, and ``norm_type``, 2.0 or another
            above 0, perhaps 'inf'. Defaults to None: ``dict(max_norm=1.0)``
            (CutLER: CLIP_GRADIENTS.CLIP_VALUE).

    Raises:
        ValueError: If ``clip_grad`` has other settings, or one out of range.
    """


@OPTIM_WRAPPERS.register_module()
class ParameterwiseClipAmpOptimWrapper(
    _ParameterwiseClipMixin, AmpOptimWrapper
):
    """mmengine's ``AmpOptimWrapper`` that clips each parameter's gradient.

    Gradients are clipped after the loss scale is taken out of them. Other
    arguments are those of ``AmpOptimWrapper``.

    Args:
        clip_grad (dict, optional): See ParameterwiseClipOptimWrapper.

    Raises:
        ValueError: If ``clip_grad`` has other settings, or one out of range,
            or the machine has no device for mixed precision.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not has_mixed_precision():
            raise ValueError(
                'Expected a GPU for mixed precision, but got none; without '
                'one, train with --cfg-options optim_wrapper.type=mmcuts3d.'
                'ParameterwiseClipOptimWrapper.'
            )
        super().__init__(*args, **kwargs)


def _checked(settings: dict) -> dict[str, float]:
    allowed = {'type', 'max_norm', 'norm_type'}
    if set(settings) - allowed or settings.get('type', 'norm') != 'norm':
        raise ValueError(
            'Expected argument `clip_grad` to have `max_norm` and perhaps '
            f'`norm_type`, but got {settings}.'
        )
    checked = {
        'max_norm': settings.get('max_norm', 1.0),
        'norm_type': settings.get('norm_type', 2.0),
    }
    for name, value in checked.items():
        try:
            checked[name] = float(value)
        except (TypeError, ValueError):
            checked[name] = float('nan')
        if not checked[name] > 0:
            raise ValueError(
                f'Expected `{name}` of argument `clip_grad` to be above 0, '
                f'but got {value!r}.'
            )
    return checked
