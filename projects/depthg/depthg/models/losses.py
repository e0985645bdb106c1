"""The loss of DepthG: STEGO's three terms, and that of depth."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmcuts3d.registry import MODELS

from ..guidance import Variant, check_variant, depth_correlation
from .correlation_loss import (
    Centring,
    centred,
    check_centring,
    correlation_loss,
    cosines,
)


@dataclass(frozen=True)
class Term:
    """One term of the loss.

    Args:
        weight (float): λ, at least 0; 0 leaves the term out.
        shift (float): b of :func:`correlation_loss`.

    Raises:
        ValueError: If the weight is negative.
    """

    weight: float
    shift: float

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError(
                'Expected argument `weight` to be at least 0, but got '
                f'{self.weight}'
            )


@dataclass(frozen=True)
class Samples:
    """What was sampled of a batch of images at n points each.

    Args:
        features (Tensor): (B, C, n), frozen.
        codes (Tensor): (B, K, n).
    """

    features: Tensor
    codes: Tensor


@MODELS.register_module()
class CorrelationLoss(nn.Module):
    """STEGO's loss, and the Depth-Feature Correlation loss beside it.

    Each image is correlated with itself, with one of its nearest neighbours,
    with random others of the batch, and its codes with its depth.

    Args:
        self_term (dict): ``weight`` and ``shift`` of an image with itself.
        knn_term (dict): Of an image with its neighbour.
        random_term (dict): Of an image with random ones.
        depth_term (dict, optional): Of codes with depth (λ_DepthG and
            b_DepthG). Defaults to None: STEGO.
        centring (str): See :func:`centred`. Defaults to 'pointwise'.
        zero_clamp (bool): See :func:`correlation_loss`. Defaults to True.
        stabilised (bool): See :func:`correlation_loss`. Defaults to False.
        negatives (int): Random images to each image (STEGO). Defaults to 5.
        variant (str): See :func:`depth_correlation`. Defaults to
            'closeness'.

    Raises:
        ValueError: If a setting is out of range or unknown.
    """

    def __init__(
        self,
        self_term: Mapping[str, float],
        knn_term: Mapping[str, float],
        random_term: Mapping[str, float],
        depth_term: Mapping[str, float] | None = None,
        centring: Centring = 'pointwise',
        zero_clamp: bool = True,
        stabilised: bool = False,
        negatives: int = 5,
        variant: Variant = 'closeness',
    ) -> None:
        super().__init__()
        check_centring(centring)
        check_variant(variant)
        if negatives < 1:
            raise ValueError(
                'Expected argument `negatives` to be at least 1, but got '
                f'{negatives}'
            )
        self.self_term = Term(**self_term)
        self.knn_term = Term(**knn_term)
        self.random_term = Term(**random_term)
        self.depth_term = Term(**depth_term) if depth_term else None
        self.centring: Centring = centring
        self.zero_clamp = zero_clamp
        self.stabilised = stabilised
        self.negatives = negatives
        self.variant: Variant = variant

    def forward(
        self,
        anchors: Samples,
        positives: Samples | None = None,
        guidance: Tensor | None = None,
        depth_weight: float | None = None,
    ) -> dict[str, Tensor]:
        """All terms of a batch, times their weights.

        Args:
            anchors (Samples): Of B images.
            positives (Samples, optional): Of a neighbour of each. Defaults
                to None: ``knn_term`` must have no weight.
            guidance (Tensor, optional): (B, G, n), depth at the points of
                ``anchors``. Defaults to None: no term of depth.
            depth_weight (float, optional): λ_DepthG of this step. Defaults
                to None: that of ``depth_term``.

        Returns:
            dict[str, Tensor]: ``loss_self``, ``loss_knn``, ``loss_random``,
            ``loss_depth``; those without weight are left out.

        Raises:
            ValueError: If images or neighbours lack.
        """
        losses = {}
        own = cosines(anchors.codes, anchors.codes)
        if self.self_term.weight:
            target = cosines(anchors.features, anchors.features)
            losses['loss_self'] = self._term(target, own, self.self_term)
        if self.knn_term.weight:
            if positives is None:
                raise ValueError(
                    'Expected pairs of images, for `knn_term` has a weight, '
                    'but got single ones: train on a dataset of neighbours, '
                    'or with `loss.knn_term.weight=0`.'
                )
            losses['loss_knn'] = self._term(
                cosines(anchors.features, positives.features),
                cosines(anchors.codes, positives.codes),
                self.knn_term,
            )
        if self.random_term.weight:
            losses['loss_random'] = self._random(anchors)
        term = self.depth_term
        if term is not None and guidance is not None:
            weight = term.weight if depth_weight is None else depth_weight
            target = depth_correlation(guidance, self.variant)
            losses['loss_depth'] = self._term(
                target, own, Term(weight, term.shift)
            )
        return losses

    def _term(self, target: Tensor, codes: Tensor, term: Term) -> Tensor:
        with torch.no_grad():
            target = centred(target, self.centring)
        loss = correlation_loss(
            target,
            codes,
            term.shift,
            zero_clamp=self.zero_clamp,
            stabilised=self.stabilised,
        )
        return term.weight * loss

    def _random(self, anchors: Samples) -> Tensor:
        losses = []
        for _ in range(self.negatives):
            other = other_images(len(anchors.codes)).to(anchors.codes.device)
            losses.append(
                self._term(
                    cosines(anchors.features, anchors.features[other]),
                    cosines(anchors.codes, anchors.codes[other]),
                    self.random_term,
                )
            )
        return torch.stack(losses).mean()


def other_images(number: int) -> Tensor:
    """For each image of a batch another one, drawn at random.

    Args:
        number (int): Images of the batch, at least 2.

    Returns:
        Tensor: (number,) int64, a permutation without a fixed point.

    Raises:
        ValueError: If there is only one image.
    """
    if number < 2:
        raise ValueError(
            'Expected a batch of at least 2 images, for `random_term` '
            f'correlates each with others, but got {number}: raise '
            '`train_dataloader.batch_size`.'
        )
    ring = torch.randperm(number)
    other = torch.empty_like(ring)
    other[ring] = ring.roll(1)
    return other


def sample_maps(maps: Tensor, places: Tensor) -> Tensor:
    """Values of maps at points, bilinear.

    Args:
        maps (Tensor): (B, C, h, w).
        places (Tensor): (B, n, 2) x and y in [−1, 1]; −1 is the middle of
            the first patch, 1 that of the last.

    Returns:
        Tensor: (B, C, n).
    """
    sampled = functional.grid_sample(
        maps,
        places[:, :, None],
        mode='bilinear',
        padding_mode='border',
        align_corners=True,
    )
    return sampled[..., 0]
