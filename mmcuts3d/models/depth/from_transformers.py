"""Monocular depth by the depth-estimation models of transformers."""

import inspect
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from ..hub import not_to_be_had, tell_hub_download
from .kinds import DepthKind
from .network_images import network_images
from .normalise import Clip, check_fill_and_clip
from .notices import DepthNotices, noted_depth

METRES = DepthKind('metric', 'm')
#: What the families predict.
FAMILIES = {
    'zoedepth': METRES,
    'glpn': METRES,
    'dpt': DepthKind('affine-invariant inverse'),
    'depth_anything': DepthKind('affine-invariant inverse'),
}


@MODELS.register_module()
class DepthFromTransformers(nn.Module):
    """A depth network of transformers: ZoeDepth, DPT/MiDaS, Depth Anything.

    The network stays in evaluation mode, has no gradients, and runs on the
    device that the module is on.

    Args:
        model (str or path): Name on the hub (``'Intel/zoedepth-nyu-kitti'``,
            ``'Intel/dpt-large'``,
            ``'depth-anything/Depth-Anything-V2-Small-hf'``) or a local folder
            as ``save_pretrained`` writes it.
        direction (str, optional): ``'near_is_small'`` if the network
            predicts distances, ``'near_is_large'`` if inverse depth, each up
            to scale and offset: short for such a `kind`. Defaults to None.
        clip (tuple[float, float] or str, optional): Percentiles, ``'auto'``
            or None, see :func:`normalise_depth`. Defaults to 'auto'.
        amp (bool): Half precision inside the network (float16 on a GPU,
            bfloat16 on a CPU). Defaults to False.
        local_files_only (bool): Never ask the hub. Defaults to False.
        revision (str, optional): Version of the model on the hub. Defaults
            to None: the newest.
        kind (DepthKind, dict or str, optional): What the network predicts,
            see :class:`DepthKind`. Defaults to None: known for ZoeDepth and
            GLPN (metric), DPT (affine-invariant inverse; with a DINOv2
            backbone metric) and Depth Anything (affine-invariant inverse; its
            metric models metric).

    Raises:
        ImportError: If transformers is not installed.
        OSError: If the model cannot be had; says how to place it by hand.
        ValueError: If it is no depth-estimation model, its kind is neither
            known nor given, or both `kind` and `direction` are.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = 'Intel/zoedepth-nyu-kitti',
        direction: str | None = None,
        clip: Clip = 'auto',
        amp: bool = False,
        local_files_only: bool = False,
        revision: str | None = None,
        kind: DepthKind | dict[str, Any] | str | None = None,
    ) -> None:
        super().__init__()
        check_fill_and_clip('nearest', clip)
        given = kind is not None or direction is not None
        chosen = DepthKind.chosen(kind, direction=direction)
        self.processor, self.model = _load(
            str(model),
            local_files_only=local_files_only,
            revision=revision or 'main',
        )
        self.kind = chosen if given else known_kind(self.model.config)
        self.notices = DepthNotices(self.kind, clip)
        self.amp = amp
        self.requires_grad_(False)
        self.eval()

    @torch.no_grad()
    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> list[Tensor]:
        """Depth maps of a batch of images.

        Images that the network's processor brings to one size are one pass.

        Args:
            images (Tensor): (B, 3, H, W) RGB, 0 … 255.
            data_samples (Sequence[DetDataSample], optional): See
                :func:`network_images`. Defaults to None.

        Returns:
            list[Tensor]: B maps (H_i, W_i) float32 in [0, 1], 0 = nearest,
            at the size that :func:`network_images` gives the image, on the
            device of ``images``.
        """
        found = self._predict(network_images(images, data_samples))
        samples = data_samples if data_samples else [None] * len(found)
        return [
            torch.from_numpy(noted_depth(one, sample, self.notices)).to(
                images.device
            )
            for one, sample in zip(found, samples, strict=True)
        ]

    def _predict(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """(H, W, 3) uint8 each -> (H, W) in the numbers of the network."""
        inputs = [
            dict(self.processor(images=[image], return_tensors='pt'))
            for image in images
        ]
        by_size: dict[torch.Size, list[int]] = {}
        for place, own in enumerate(inputs):
            by_size.setdefault(own['pixel_values'].shape, []).append(place)
        found: dict[int, np.ndarray] = {}
        for places in by_size.values():
            batch = {
                key: torch.cat([inputs[place][key] for place in places])
                for key in inputs[places[0]]
            }
            sizes = [images[place].shape[:2] for place in places]
            found.update(zip(places, self._pass(batch, sizes), strict=True))
        return [found[place] for place in range(len(images))]

    def _pass(
        self, inputs: dict[str, Tensor], sizes: list[tuple[int, int]]
    ) -> list[np.ndarray]:
        """One pass of the network; maps at the sizes of the images."""
        device = next(self.model.parameters()).device
        inputs = {key: value.to(device) for key, value in inputs.items()}
        dtype = torch.bfloat16 if device.type == 'cpu' else torch.float16
        with torch.autocast(device.type, dtype=dtype, enabled=self.amp):
            outputs = self.model(**inputs)
        outputs.predicted_depth = outputs.predicted_depth.float()
        post_process = self.processor.post_process_depth_estimation
        options = {'target_sizes': sizes}
        if 'source_sizes' in inspect.signature(post_process).parameters:
            options['source_sizes'] = sizes  # ZoeDepth pads
        results = post_process(outputs, **options)
        return [result['predicted_depth'].cpu().numpy() for result in results]

    def train(self, mode: bool = True) -> 'DepthFromTransformers':
        """Keeps evaluation mode, whatever the parent switches to."""
        return super().train(False)


def known_kind(config: Any) -> DepthKind:
    """What a network predicts.

    Args:
        config (PretrainedConfig): Of a depth-estimation model.

    Returns:
        DepthKind: Of its numbers.

    Raises:
        ValueError: If the family is not known here.
    """
    family = config.model_type
    if family not in FAMILIES:
        raise ValueError(
            'Expected argument `kind` to be given for a model of type '
            f'{family!r}, but got None; known are {sorted(FAMILIES)}'
        )
    if getattr(config, 'depth_estimation_type', None) == 'metric':
        return METRES
    backbone = getattr(config, 'backbone_config', None)
    if family == 'dpt' and getattr(backbone, 'model_type', '') == 'dinov2':
        return METRES  # trained on NYU or KITTI
    return FAMILIES[family]


def _load(model: str, **kwargs: Any) -> tuple[Any, nn.Module]:
    try:
        from transformers import (
            AutoImageProcessor,
            AutoModelForDepthEstimation,
        )
    except ImportError as error:
        raise ImportError(
            'DepthFromTransformers needs transformers: `pip install '
            'transformers`'
        ) from error
    tell_hub_download(model, **kwargs)
    try:
        processor = AutoImageProcessor.from_pretrained(model, **kwargs)
        network = AutoModelForDepthEstimation.from_pretrained(model, **kwargs)
    except OSError as error:
        raise not_to_be_had(model, error) from error
    except ValueError as error:
        raise ValueError(
            'Expected argument `model` to be a depth-estimation model of '
            f'transformers, but got {model!r}: {error}'
        ) from error
    return processor, network
