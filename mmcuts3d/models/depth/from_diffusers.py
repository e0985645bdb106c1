"""Monocular depth by Marigold, a diffusion model, through diffusers."""

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

#: What Marigold's pipelines predict, by their own word for it.
KINDS_BY_TYPE = {
    'depth': DepthKind('affine-invariant'),
    'disparity': DepthKind('affine-invariant inverse'),
}


@MODELS.register_module()
class DepthFromDiffusers(nn.Module):
    """Marigold's depth pipeline.

    The pipeline is no module: its weights are in no state dict, and it moves
    to the device of the images it is given.

    Args:
        model (str or path): Name on the hub or a local folder as
            ``save_pretrained`` writes it. Defaults to
            'prs-eth/marigold-depth-v1-1'.
        num_inference_steps (int, optional): Denoising steps. Defaults to
            None: what the model recommends.
        ensemble_size (int): Predictions that are aligned and averaged.
            Defaults to 1.
        processing_resolution (int, optional): Longest side in pixels that the
            network sees, 0 for the image's own. Defaults to None: what the
            model recommends.
        seed (int): Of the noise; the same for every image, so that an image
            has the same depth in every run and batch, but for rounding.
            Defaults to 0.
        half (bool): float16 weights, for GPUs. Defaults to False.
        clip (tuple[float, float] or str, optional): Percentiles, ``'auto'``
            or None, see :func:`normalise_depth`. Defaults to 'auto'.
        local_files_only (bool): Never ask the hub. Defaults to False.
        batch_size (int): Images of one size in one pass of the networks, at
            most; their memory grows with it. With an ensemble, one: its
            members draw from the noise of their image in turn. Defaults to
            4.

    Raises:
        ImportError: If diffusers or transformers is not installed.
        OSError: If the model cannot be had; says how to place it by hand.
        ValueError: If it is no Marigold depth pipeline, or for a setting out
            of range.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = 'prs-eth/marigold-depth-v1-1',
        num_inference_steps: int | None = None,
        ensemble_size: int = 1,
        processing_resolution: int | None = None,
        seed: int = 0,
        half: bool = False,
        clip: Clip = 'auto',
        local_files_only: bool = False,
        batch_size: int = 4,
    ) -> None:
        super().__init__()
        check_fill_and_clip('nearest', clip)
        for name, value in (
            ('ensemble_size', ensemble_size),
            ('batch_size', batch_size),
        ):
            if value < 1:
                raise ValueError(
                    f'Expected argument `{name}` to be at least 1, but got '
                    f'{value}'
                )
        self.pipeline = _load(str(model), local_files_only=local_files_only)
        if half:
            self.pipeline.to(torch.float16)
        self.pipeline.set_progress_bar_config(disable=True)
        predicted = self.pipeline.config.prediction_type
        if predicted not in KINDS_BY_TYPE:
            raise ValueError(
                'Expected argument `model` to predict one of '
                f'{sorted(KINDS_BY_TYPE)}, but got {predicted!r}'
            )
        self.kind = KINDS_BY_TYPE[predicted]
        self.notices = DepthNotices(self.kind, clip)
        self.seed = seed
        self.batch_size = batch_size if ensemble_size == 1 else 1
        self.call = {
            'num_inference_steps': num_inference_steps,
            'ensemble_size': ensemble_size,
            'processing_resolution': processing_resolution,
        }

    @torch.no_grad()
    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> list[Tensor]:
        """Depth maps of a batch of images.

        Images of one size are passed together, see `batch_size`.

        Args:
            images (Tensor): (B, 3, H, W) RGB, 0 … 255.
            data_samples (Sequence[DetDataSample], optional): See
                :func:`network_images`. Defaults to None.

        Returns:
            list[Tensor]: B maps (H_i, W_i) float32 in [0, 1], 0 = nearest,
            at the size that :func:`network_images` gives the image, on the
            device of ``images``.
        """
        if self.pipeline.device != images.device:
            self.pipeline.to(images.device)
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
        by_size: dict[tuple[int, ...], list[int]] = {}
        for place, image in enumerate(images):
            by_size.setdefault(image.shape, []).append(place)
        found: dict[int, np.ndarray] = {}
        for places in by_size.values():
            for first in range(0, len(places), self.batch_size):
                some = places[first : first + self.batch_size]
                maps = self._pass([images[place] for place in some])
                found.update(zip(some, maps, strict=True))
        return [found[place] for place in range(len(images))]

    def _pass(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Images (H, W, 3) of one size -> (B, H, W), in one pass."""
        from PIL import Image

        # A generator each: the noise of an image is that which it has alone.
        noise = [torch.Generator('cpu').manual_seed(self.seed) for _ in images]
        prediction = self.pipeline(
            [Image.fromarray(image) for image in images],
            generator=noise if len(noise) > 1 else noise[0],
            batch_size=len(images),
            output_type='np',
            **self.call,
        ).prediction  # (B, H, W, 1)
        return prediction[..., 0]


def _load(model: str, **kwargs: Any) -> Any:
    try:
        from diffusers import MarigoldDepthPipeline
    except (ImportError, RuntimeError) as error:  # RuntimeError: lazy import
        raise ImportError(
            'DepthFromDiffusers needs diffusers and transformers: '
            '`pip install diffusers transformers`'
        ) from error
    tell_hub_download(model, **kwargs)
    try:
        return MarigoldDepthPipeline.from_pretrained(model, **kwargs)
    except OSError as error:
        raise not_to_be_had(model, error) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            'Expected argument `model` to be a Marigold depth pipeline of '
            f'diffusers, but got {model!r}: {error}'
        ) from error
