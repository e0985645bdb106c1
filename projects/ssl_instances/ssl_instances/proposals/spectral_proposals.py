"""The mask proposals of one image, on a page (Sec. 4; Sec. A.2.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from inspect import signature
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmcuts3d.cuts import (
    CutStep,
    PseudoInstances,
    Refinement,
    resize_nearest,
    to_instances,
)
from mmcuts3d.cuts.types import ACCEPTED, OVERLAPS, TOO_SMALL, no_cut

from ..clustering import spectral_masks
from .nms import mask_nms
from .saliency import salient_cluster, share_inside

Order = Literal['salient', 'large', 'small']
#: What else can become of a mask, see :class:`~mmcuts3d.cuts.CutStep`.
NOT_SALIENT = 'not salient'
#: What of the clustering is a setting of the proposals.
_OURS = {'features', 'ks', 'split'}


@dataclass(frozen=True, kw_only=True)
class SpectralProposals:
    """Proposes masks of one image, which may overlap.

    Clusters of the features for several k, split into connected parts, are
    the candidates; those that lie on the saliency map stay, and of masks
    that repeat each other one does.

    Args:
        ks: Numbers of clusters; each makes candidates of its own. Defaults
            to (2, 3, 4, 5), which are 14 masks before the split.
        split: Whether clusters that are not connected are split (Table 6).
            Defaults to True.
        min_salient: Of a candidate at least this share lies on the saliency
            map. Defaults to 0.5.
        max_iou: Of masks that overlap by more, one stays. Defaults to 0.8.
        order: Which one: the most ``'salient'``, of equals that of the
            smallest k; the ``'large'`` or the ``'small'`` one. The paper
            does not say. Defaults to 'salient'.
        min_patches: Smaller candidates are left out, beyond the paper: a
            split leaves single patches. Defaults to 1: none is.
        refine: From patches to pixels: a :class:`~mmcuts3d.cuts.Refinement`
            or its settings by name. Defaults to no CRF, as in the paper.
        clustering: Further settings of
            :func:`.spectral_masks` by name: `seed`, `tau`. Defaults to its
            own.

    Raises:
        ValueError: On a setting of another name or out of range.
    """

    ks: Sequence[int] = (2, 3, 4, 5)
    split: bool = True
    min_salient: float = 0.5
    max_iou: float = 0.8
    order: Order = 'salient'
    min_patches: int = 1
    refine: Refinement | Mapping[str, Any] = field(
        default_factory=lambda: Refinement(crf=False)
    )
    clustering: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, 'ks', _check_ks(self.ks))
        for name in ('min_salient', 'max_iou'):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(
                    f'Expected argument `{name}` to be in [0, 1], but got '
                    f'{getattr(self, name)}.'
                )
        if self.order not in get_args(Order):
            raise ValueError(
                f'Expected argument `order` to be one of {get_args(Order)}, '
                f'but got {self.order!r}.'
            )
        if not isinstance(self.split, bool):
            raise ValueError(
                'Expected argument `split` to be True or False, but got '
                f'{self.split!r}.'
            )
        if not isinstance(self.min_patches, int) or self.min_patches < 1:
            raise ValueError(
                'Expected argument `min_patches` to be 1 or more, but got '
                f'{self.min_patches!r}.'
            )
        if not isinstance(self.refine, Refinement):
            settings = {'crf': False, **self.refine}
            known = [one.name for one in fields(Refinement)]
            _check_names('refine', settings, known)
            object.__setattr__(self, 'refine', Refinement(**settings))
        known = sorted(set(signature(spectral_masks).parameters) - _OURS)
        _check_names('clustering', self.clustering, known)

    @classmethod
    def from_settings(cls, **settings: Any) -> SpectralProposals:
        """By settings of whose names one cannot be sure: a config's.

        Args:
            **settings: Arguments of :class:`SpectralProposals`.

        Raises:
            ValueError: On another name, or settings out of range.
        """
        _check_names('proposals', settings, [one.name for one in fields(cls)])
        return cls(**settings)

    def __call__(
        self,
        image: NDArray[np.uint8],
        features: ArrayLike,
        saliency_features: ArrayLike | None = None,
    ) -> PseudoInstances:
        """Propose masks of one image.

        Args:
            image: (H, W, 3) uint8 RGB.
            features: (C, h, w) float, dense features of the image.
            saliency_features: (D, h', w') float, those that the saliency map
                is made of, on a grid of their own. Defaults to None: no
                filter (Table 5, "None"), and all masks score 1.

        Returns:
            :class:`~mmcuts3d.cuts.PseudoInstances`, the highest score first:
            the share of a mask that lies on the saliency map. A step is a
            candidate, in the order in which NMS took them; what becomes of
            it is its `status`. None where the features have no structure.

        Raises:
            ValueError: On an argument of another shape or not finite, or
                more clusters than patches.
        """
        masks, shares = self._candidates(features, saliency_features)
        status = np.full(len(masks), OVERLAPS, object)
        status[shares < self.min_salient] = NOT_SALIENT
        status[masks.sum(axis=(1, 2)) < self.min_patches] = TOO_SMALL
        left = np.flatnonzero(status == OVERLAPS)
        rank = self._rank(masks[left], shares[left])
        kept = left[mask_nms(masks[left], rank, self.max_iou)]
        status[kept] = ACCEPTED
        # Stable: of equal scores the one that NMS took first.
        rest = np.setdiff1d(np.arange(len(masks)), kept)
        kept = kept[np.argsort(-shares[kept], kind='stable')]
        order = np.concatenate([kept, rest])
        steps = [_step(masks[place], status[place]) for place in order]
        found = to_instances(
            image,
            steps or [no_cut(masks.shape[1:])],
            self.refine,
            overlaps='keep',
        )
        scores = [
            shares[place]
            for place, step in zip(order, found.steps, strict=False)
            if step.instance is not None
        ]
        return replace(found, scores=np.array(scores, np.float32))

    def saliency(
        self,
        features: ArrayLike,
        grid: tuple[int, int] | None = None,
    ) -> NDArray[np.bool_]:
        """The saliency map of features (C, h, w).

        Args:
            features: (C, h, w) float.
            grid: (h, w) to give the map, nearest. Defaults to None: that of
                the features.

        Returns:
            (h, w) bool; all False where the features have no structure.

        Raises:
            ValueError: On features of another shape or not finite.
        """
        found = spectral_masks(
            features, ks=(2,), split=False, **self.clustering
        )
        region = salient_cluster(found.labels[0])
        return region if grid is None else resize_nearest(region, grid)

    def _candidates(
        self, features: ArrayLike, saliency_features: ArrayLike | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """(n, h, w) bool, the smallest k first; (n,) their salient shares."""
        # One decomposition gives both where both are of the same features.
        same = saliency_features is features
        found = spectral_masks(
            features,
            ks=sorted({*self.ks, 2}) if same else self.ks,
            split=self.split,
            **self.clustering,
        )
        masks = found.masks[np.isin(found.ks, self.ks)]
        if saliency_features is None:
            return masks, np.ones(len(masks))
        if same:
            region = salient_cluster(found.labels[0])
        else:
            region = self.saliency(saliency_features, masks.shape[1:])
        return masks, share_inside(masks, region)

    def _rank(
        self, masks: NDArray[np.bool_], shares: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        if self.order == 'salient':
            return shares
        areas = masks.sum(axis=(1, 2)).astype(float)
        return areas if self.order == 'large' else -areas


def _step(mask: NDArray[np.bool_], status: str) -> CutStep:
    """A candidate as a step: its eigenvector, made discrete, is the mask."""
    first = int(np.argmax(mask))
    return CutStep(
        eigenvector=mask.astype(np.float32),
        semantic_mask=mask,
        local_cut=mask,
        confidence=None,
        seed=(first // mask.shape[1], first % mask.shape[1]),
        status=status,
    )


def _check_ks(ks: Any) -> tuple[int, ...]:
    counts = list(ks) if isinstance(ks, (list, tuple)) else []
    whole = all(isinstance(k, int) and k >= 2 for k in counts)
    if not counts or not whole or len(set(counts)) != len(counts):
        raise ValueError(
            'Expected argument `ks` to be a list of different numbers of '
            f'clusters, 2 or more, but got {ks!r}.'
        )
    return tuple(sorted(counts))


def _check_names(
    where: str, settings: Mapping[str, Any], known: Sequence[str]
) -> None:
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise ValueError(
            f'Expected settings of argument `{where}` to be among {known}, '
            f'but got {unknown[0]!r}.'
        )
