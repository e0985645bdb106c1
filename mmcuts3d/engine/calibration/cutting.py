"""One image, cut with each threshold on each of its feature maps."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from mmdet.structures import DetDataSample
from torch import Tensor

from mmcuts3d.cuts import CutS3D, CutStep, MaskCut, PseudoInstances
from mmcuts3d.labels import instance_to_annotation
from mmcuts3d.models.features import LayerReader
from mmcuts3d.models.labelers import BaseLabeler, at_size, to_pixels

from .candidates import Search, Tau
from .criterion import half_grids, stability
from .rows import Outcome

Method = CutS3D | MaskCut


class ImageCutter:
    """Cuts images in all settings of a search.

    Args:
        labeler (BaseLabeler): Its features built for the places of the
            search; of its method the threshold is changed, and masks are not
            refined by the CRF.
        search (Search): The settings.
        with_masks (bool): Whether masks are kept as predictions, for AP.

    Raises:
        ValueError: If the labeler does not cut by ``MaskCut`` or ``CutS3D``.
    """

    def __init__(
        self, labeler: BaseLabeler, search: Search, with_masks: bool
    ) -> None:
        self.labeler = labeler
        self.reader = (
            LayerReader(labeler.features, search.places)
            if search.places
            else None
        )
        self.methods = [
            with_threshold(method_of(labeler), tau) for tau in search.taus
        ]
        self.with_masks = with_masks

    def __call__(self, image: Tensor, sample: DetDataSample) -> Outcome:
        """Cut an image.

        Args:
            image (Tensor): (3, H, W) RGB in [0, 255].
            sample (DetDataSample): With ``img_id``, ``img_path`` and
                ``ori_shape``.

        Returns:
            Outcome: Its values, in the order of ``Search.candidates``.

        Raises:
            ValueError: If the image has no features or no depth, or fewer
                than 8 patches a side.
        """
        maps = self._read(image, sample)
        depth = self._depth(image, sample, maps[0])
        pixels = to_pixels(image)
        outcome = Outcome()
        for features in maps:
            halves = half_grids(features)
            for method in self.methods:
                steps, others = (
                    _steps(method, half, depth, pixels) for half in halves
                )
                outcome.stability.append(
                    stability(steps, others, method.num_instances)
                )
                outcome.num_masks.append(sum(s.accepted for s in steps))
                if self.with_masks:
                    found = _instances(method, features, depth, pixels)
                    outcome.predictions.append(_predictions(found, sample))
        return outcome

    @torch.no_grad()
    def _read(self, image: Tensor, sample: DetDataSample) -> list[np.ndarray]:
        """(C, h, w) features at each place, or the labeler's own."""
        if self.reader is None:
            found = [self.labeler.features(image[None], [sample])]
        else:
            found = list(self.reader(image[None], [sample]).values())
        return [map_[0].float().cpu().numpy() for map_ in found]

    def _depth(
        self, image: Tensor, sample: DetDataSample, features: np.ndarray
    ) -> np.ndarray | None:
        """(H, W) depth, where the labeler has a source of it."""
        # A map that is there is not asked for again.
        sample.set_metainfo({'features': features})
        with torch.no_grad():
            return self.labeler.gather(image, sample).get('depth')


def method_of(labeler: Any) -> Method:
    """The method of a labeler.

    Args:
        labeler (Any): A model.

    Raises:
        ValueError: If it cuts by another than ``MaskCut`` and ``CutS3D``.
    """
    method = getattr(labeler, 'cut', None)
    if not isinstance(method, (CutS3D, MaskCut)):
        raise ValueError(
            'Expected the config of a labeler that cuts by MaskCut or CutS3D '
            f'(configs/maskcut, configs/cuts3d), but got one of '
            f'{type(labeler).__name__}'
        )
    return method


def with_threshold(method: Method, tau: Tau) -> Method:
    """A method with another threshold, and without the CRF.

    Args:
        method (CutS3D or MaskCut): Left as it is.
        tau (float or str): ``tau_ncut``.
    """
    changed = copy.copy(method)
    changed.semantic = replace(method.semantic, tau_ncut=tau)
    changed.refine = replace(method.refine, crf=False)
    return changed


def _steps(
    method: Method,
    features: np.ndarray,
    depth: np.ndarray | None,
    image: np.ndarray,
) -> list[CutStep]:
    if isinstance(method, MaskCut):
        return method.steps(features)
    # Depth maps of files have sizes of their own: pool them here.
    grid = features.shape[1:]
    return method.steps(features, method.local.surface(depth, grid, image))


def _instances(
    method: Method,
    features: np.ndarray,
    depth: np.ndarray | None,
    image: np.ndarray,
) -> PseudoInstances:
    """Masks of patches at 8 pixels a patch: no CRF looks at the pixels."""
    height, width = features.shape[1:]
    pixels = np.zeros((8 * height, 8 * width, 3), np.uint8)
    steps = _steps(method, features, depth, image)
    return method.instances(pixels, steps)


def _predictions(
    found: PseudoInstances, sample: DetDataSample
) -> list[dict[str, Any]]:
    height, width = sample.ori_shape[:2]
    found = at_size(found, (int(height), int(width)))
    return [
        {
            **instance_to_annotation(mask, float(score)),
            'image_id': sample.img_id,
        }
        for mask, score in zip(found.masks, found.scores, strict=True)
    ]
