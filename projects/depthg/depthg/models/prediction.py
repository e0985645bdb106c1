"""From codes to label maps: flip, enlarge, dense CRF (STEGO, Sec. 4.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mmcuts3d.cuts import dense_crf_labels

if TYPE_CHECKING:
    from .depth_g import DepthG

#: STEGO's settings of the dense CRF.
CRF_SETTINGS: dict[str, float] = dict(
    iterations=10,
    gaussian_weight=3,
    gaussian_sxy=1,
    bilateral_weight=4,
    bilateral_sxy=67,
    bilateral_srgb=3,
)


@dataclass(frozen=True)
class Prediction:
    """How label maps are made of codes.

    Args:
        flip (bool): Codes are the mean of those of the image and of its
            mirror image. Defaults to True.
        crf (bool or dict): Whether a dense CRF of all labels follows, or
            settings of :func:`mmcuts3d.cuts.dense_crf_labels` that differ
            from ``CRF_SETTINGS``. Defaults to True.
    """

    flip: bool = True
    crf: bool | Mapping[str, float] = True

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> 'Prediction':
        """From a ``test_cfg``.

        Args:
            settings (Mapping): Arguments by name.

        Returns:
            Prediction: The same.

        Raises:
            ValueError: If one is unknown.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(settings) - set(known))
        if unknown:
            raise ValueError(
                f'Expected `test_cfg` to have some of {known}, but got '
                f'{unknown}'
            )
        crf = settings.get('crf', True)
        if isinstance(crf, Mapping):
            wrong = sorted(set(crf) - set(CRF_SETTINGS))
            if wrong:
                raise ValueError(
                    'Expected `test_cfg.crf` to be True, False or some of '
                    f'{list(CRF_SETTINGS)}, but got {wrong}'
                )
        return cls(**settings)

    @torch.no_grad()
    def __call__(
        self,
        model: 'DepthG',
        images: Tensor,
        data_samples: Sequence[Any] | None,
    ) -> list[Any]:
        """Fill ``pred_clusters`` and ``pred_labels`` of samples.

        Args:
            model (DepthG): Gives codes.
            images (Tensor): (B, 3, H, W), 0 … 255.
            data_samples (Sequence[SegDataSample]): Of the images.

        Returns:
            list[SegDataSample]: The same, with (H, W) int64 on the CPU.

        Raises:
            ValueError: If the samples are not as many as the images.
        """
        if data_samples is None or len(data_samples) != len(images):
            raise ValueError(
                f'Expected argument `data_samples` to be {len(images)}, one '
                'an image, but got '
                f'{None if data_samples is None else len(data_samples)}'
            )
        codes = self.codes(model, images, data_samples)
        for index, sample in enumerate(data_samples):
            one = codes[index : index + 1]
            sample.pred_clusters = self.label_map(
                model.cluster_probe.log_probabilities(one)[0], images[index]
            )
            if model.linear_probe is not None:
                sample.pred_labels = self.label_map(
                    model.linear_probe.log_probabilities(one)[0],
                    images[index],
                )
        return list(data_samples)

    @torch.no_grad()
    def codes(
        self,
        model: 'DepthG',
        images: Tensor,
        data_samples: Sequence[Any] | None = None,
    ) -> Tensor:
        """Codes at the size of the images.

        Args:
            model (DepthG): Gives codes.
            images (Tensor): (B, 3, H, W).
            data_samples (Sequence, optional): Of the images. Defaults to
                None.

        Returns:
            Tensor: (B, K, H, W).
        """
        codes = model.codes(images, data_samples)
        if self.flip and model.sees_images:
            mirrored = model.codes(images.flip(-1), data_samples)
            codes = (codes + mirrored.flip(-1)) / 2
        return functional.interpolate(
            codes, images.shape[-2:], mode='bilinear', align_corners=False
        )

    def label_map(self, log_probabilities: Tensor, image: Tensor) -> Tensor:
        """The likeliest labels, fitted to the colours of the image.

        Args:
            log_probabilities (Tensor): (L, H, W).
            image (Tensor): (3, H, W), 0 … 255.

        Returns:
            Tensor: (H, W) int64 on the CPU.
        """
        if self.crf is False or len(log_probabilities) == 1:
            return log_probabilities.argmax(0).cpu()
        settings = dict(CRF_SETTINGS)
        if isinstance(self.crf, Mapping):
            settings.update(self.crf)
        pixels = image.float().round().clamp(0, 255).byte()
        labels = dense_crf_labels(
            pixels.permute(1, 2, 0).cpu().numpy(),
            log_probabilities.softmax(0).cpu().numpy(),
            **settings,
        )
        return torch.from_numpy(np.asarray(labels, np.int64))


def check_images(inputs: Sequence[Tensor] | Tensor) -> Tensor:
    """Images of a batch as one tensor.

    Args:
        inputs (Sequence[Tensor]): B images (3, H, W).

    Returns:
        Tensor: (B, 3, H, W) float32.

    Raises:
        ValueError: If they are no images, or of several sizes.
    """
    images = list(inputs)
    sizes = {tuple(image.shape) for image in images}
    if len(sizes) != 1 or any(
        len(size) != 3 or size[0] != 3 for size in sizes
    ):
        raise ValueError(
            'Expected argument `inputs` to be images (3, H, W) of one size, '
            f'but got {sorted(sizes)}; images of several sizes are tested '
            'with `batch_size=1`'
        )
    return torch.stack(images).float()
