"""DepthG, and STEGO on which it stands, as a model of mmengine."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmcuts3d.registry import MODELS, TASK_UTILS

from ..guidance import guidance_maps
from .losses import Samples, sample_maps
from .prediction import Prediction, check_images
from .probes import ClusterProbe, LinearProbe

Mode = Literal['loss', 'predict', 'tensor']
#: Guidance that stands for depth where places are sampled, too.
_PLANES = ('image_plane', 'perspective_plane')


@MODELS.register_module()
class DepthG(BaseModel):
    """Unsupervised semantic segmentation, guided by depth.

    Frozen features go through a head to codes, which
    :class:`CorrelationLoss` trains; two probes are trained on the codes
    without changing them. Depth is used in training only.

    What a step of the training draws (places, negatives, dropped channels)
    follows from ``seed`` and the step alone, so that a training that was
    stopped goes on as if it had not been.

    Args:
        features (dict): Frozen feature source, such as
            ``mmcuts3d.ViTKeys``.
        head (dict): :class:`StegoHead`.
        loss (dict): :class:`CorrelationLoss`.
        num_clusters (int): Clusters to find; as many as there are classes,
            or more.
        num_classes (int, optional): Classes of the label maps, for the
            linear probe. Defaults to None: no linear probe.
        sampling (dict, optional): :class:`RandomPlaces`,
            :class:`FarthestPlaces` or :class:`AllPlaces`. Defaults to None:
            ``dict(type='mmcuts3d.RandomPlaces')``.
        guidance (dict, optional): :class:`DepthGuidance`. Defaults to None:
            STEGO.
        test_features (dict, optional): Settings of ``features`` that differ
            in tests, such as ``image_size``. Defaults to None: none.
        test_cfg (dict, optional): Settings of :class:`Prediction`. Defaults
            to None: its defaults.
        seed (int): Of what is drawn. Defaults to 0.
        data_preprocessor (dict, optional): Of mmengine. Defaults to None:
            tensors are moved to the device.
        init_cfg (dict, optional): Of mmengine. Defaults to None.

    Raises:
        ValueError: If guidance has no ``loss.depth_term``, or the reverse,
            or a setting is out of range or unknown.
    """

    step: Tensor

    def __init__(
        self,
        features: dict[str, Any],
        head: dict[str, Any],
        loss: dict[str, Any],
        num_clusters: int,
        num_classes: int | None = None,
        sampling: dict[str, Any] | None = None,
        guidance: dict[str, Any] | None = None,
        test_features: Mapping[str, Any] | None = None,
        test_cfg: Mapping[str, Any] | None = None,
        seed: int = 0,
        data_preprocessor: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.head = MODELS.build(head)
        self.loss_module = MODELS.build(loss)
        self.sampling = TASK_UTILS.build(
            sampling or dict(type='mmcuts3d.RandomPlaces')
        )
        depth_term = self.loss_module.depth_term
        if (guidance is None) != (depth_term is None):
            raise ValueError(
                'Expected arguments `guidance` and `loss.depth_term` '
                'together, or neither, but got '
                f'{"no guidance" if guidance is None else "no depth_term"}'
            )
        channels = self.head.code_channels
        self.cluster_probe = ClusterProbe(channels, num_clusters)
        self.linear_probe = (
            None if num_classes is None else LinearProbe(channels, num_classes)
        )
        self.prediction = Prediction.from_settings(test_cfg or {})
        self.seed = seed
        # Steps that were trained: with the weights in a checkpoint, so that
        # the schedule goes on where it was.
        self.register_buffer('step', torch.zeros((), dtype=torch.int64))
        # In a list, so that frozen weights are in no checkpoint and no
        # optimizer; `_apply` moves them.
        self._frozen: list[nn.Module] = [MODELS.build(features)]
        self._frozen.append(
            MODELS.build({**features, **test_features})
            if test_features
            else self._frozen[0]
        )
        if guidance is not None:
            self._frozen.append(MODELS.build(guidance))
        for module in self._frozen:
            module.requires_grad_(False).eval()

    @property
    def guidance(self) -> Any:
        """The :class:`DepthGuidance`, or None."""
        return self._frozen[2] if len(self._frozen) > 2 else None

    @property
    def sees_images(self) -> bool:
        """Whether features are those of the pixels, so that mirroring the
        image mirrors them; features of files are not.
        """
        source = self._frozen[0 if self.training else 1]
        return getattr(source, 'sees_images', True)

    def _apply(self, *args: Any, **kwargs: Any) -> 'DepthG':
        for module in set(self._frozen):
            module._apply(*args, **kwargs)
        return super()._apply(*args, **kwargs)

    def forward(
        self,
        inputs: Sequence[Tensor],
        data_samples: Sequence[Any] | None = None,
        mode: Mode = 'tensor',
        positive_inputs: Sequence[Tensor] | None = None,
        positive_samples: Sequence[Any] | None = None,
    ) -> Any:
        """Train or predict.

        Args:
            inputs (Sequence[Tensor]): B images (3, H, W), RGB, 0 … 255, of
                one size.
            data_samples (Sequence[SegDataSample], optional): Of the images.
                Defaults to None.
            mode (str): 'loss', 'predict' or 'tensor'. Defaults to 'tensor'.
            positive_inputs (Sequence[Tensor], optional): A neighbour of each
                image. Defaults to None.
            positive_samples (Sequence[SegDataSample], optional): Of the
                neighbours. Defaults to None.

        Returns:
            dict, list or Tensor: Losses; the samples with ``pred_clusters``
            and, with a linear probe, ``pred_labels``; or codes
            (B, K, h, w).
        """
        images = check_images(inputs)
        if mode == 'loss':
            rank = get_rank()
            with torch.random.fork_rng(_devices(images)):
                torch.manual_seed(_mixed(self.seed, int(self.step), rank))
                losses = self._losses(
                    images, data_samples, positive_inputs, positive_samples
                )
            self.step += 1
            return losses
        if mode == 'predict':
            return self.prediction(self, images, data_samples)
        return self.codes(images, data_samples)

    @torch.no_grad()
    def extract(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> Tensor:
        """Frozen features (B, C, h, w) of images (B, 3, H, W)."""
        source = self._frozen[0 if self.training else 1]
        return source(images, data_samples)

    def codes(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> Tensor:
        """Codes (B, K, h, w) of images (B, 3, H, W)."""
        return self.head(self.extract(images, data_samples))

    def _losses(
        self,
        images: Tensor,
        data_samples: Sequence[Any] | None,
        positive_inputs: Sequence[Tensor] | None,
        positive_samples: Sequence[Any] | None,
    ) -> dict[str, Tensor]:
        step = int(self.step)
        features = self.extract(images, data_samples)
        grid = (features.shape[2], features.shape[3])
        guidance = None
        if self.guidance is not None:
            guidance = self.guidance(data_samples or (), images, grid)
        codes = self.head(features)
        places = self._places(images, data_samples, grid, guidance)
        anchors = self._sampled(features, codes, places)
        positives = None
        if positive_inputs is not None and self.loss_module.knn_term.weight:
            others = check_images(positive_inputs)
            found = self.extract(others, positive_samples)
            positives = self._sampled(
                found,
                self.head(found),
                self._places(others, positive_samples, grid, None),
            )
        weight = None
        if guidance is not None:
            guidance = sample_maps(guidance, places)
            weight = self.guidance.schedule(
                self.loss_module.depth_term.weight, step
            )
        losses = self.loss_module(anchors, positives, guidance, weight)
        losses['loss_cluster'] = self.cluster_probe.loss(codes)
        if self.linear_probe is not None:
            losses['loss_linear'] = self.linear_probe.loss(
                codes, _label_maps(data_samples or (), images)
            )
        return losses

    def _sampled(
        self, features: Tensor, codes: Tensor, places: Tensor
    ) -> Samples:
        return Samples(
            sample_maps(self.head.drop(features), places),
            sample_maps(codes, places),
        )

    def _places(
        self,
        images: Tensor,
        data_samples: Sequence[Any] | None,
        grid: tuple[int, int],
        guidance: Tensor | None,
    ) -> Tensor:
        depth = None
        if self.sampling.needs_depth:
            kind = 'depth' if self.guidance is None else self.guidance.kind
            if kind not in ('depth', *_PLANES):
                kind, guidance = 'depth', None
            if guidance is None:
                guidance = guidance_maps(
                    kind, data_samples or (), images, grid
                )
            depth = guidance[:, 0]
        places = self.sampling(depth, len(images), grid, int(self.step))
        return places.to(images.device)


def _label_maps(data_samples: Sequence[Any], images: Tensor) -> Tensor:
    """(B, H, W) int64, or ValueError with the name of the image."""
    size = tuple(images.shape[-2:])
    maps = []
    for sample in data_samples:
        name = sample.metainfo.get('img_path', 'an image')
        labels = sample.get('label_map')
        if labels is None:
            raise ValueError(
                f'Expected a label map for {name}, for the linear probe '
                'learns from it, but got none: `model.num_classes=None` '
                'trains without.'
            )
        if tuple(labels.shape) != size:
            raise ValueError(
                f'Expected the label map of {name} to have the size of the '
                f'image {size}, but got {tuple(labels.shape)}'
            )
        maps.append(torch.as_tensor(labels))
    return torch.stack(maps).to(images.device, torch.int64)


def _mixed(seed: int, step: int, rank: int) -> int:
    """One seed of three numbers, far from those of their neighbours."""
    words = np.random.SeedSequence((seed, step, rank)).generate_state(1)
    return int(words[0])


def _devices(images: Tensor) -> list[torch.device]:
    return [images.device] if images.device.type == 'cuda' else []
