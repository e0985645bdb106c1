"""The model of a labeling job: built where it runs."""

import copy

import torch
from mmengine.device import get_device
from mmengine.model import is_model_wrapper
from mmengine.registry import MODELS
from mmengine.runner import load_checkpoint
from torch import nn


def build_model(
    config: dict,
    checkpoint: str | None = None,
    device: str | torch.device | None = None,
) -> nn.Module:
    """Build a model, load its weights and put it where it runs.

    Args:
        config (dict): Config of the model, left as it is.
        checkpoint (str, optional): Weights file. Defaults to None: the model
            needs none.
        device (str, optional): Where it runs. Defaults to None: the GPU of
            this process, if any.

    Returns:
        nn.Module: The model.

    Raises:
        ValueError: If a model that must be trained has no checkpoint.
    """
    # A copy: detectors change their config, which is in the fingerprint.
    model = MODELS.build(copy.deepcopy(config))
    if checkpoint is not None:
        # Strict: weights of another model would give labels of noise.
        load_checkpoint(model, checkpoint, map_location='cpu', strict=True)
    elif any(weight.requires_grad for weight in model.parameters()):
        raise ValueError(
            f'Expected a checkpoint for {type(model).__name__}, which '
            'must be trained, but got none.'
        )
    placed: nn.Module = model.to(device or get_device())
    return placed


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside of one that shares it among processes."""
    return model.module if is_model_wrapper(model) else model
