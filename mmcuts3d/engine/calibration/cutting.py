"""One image, cut with each threshold on each of its feature maps."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from mmdet.structures import DetDataSample
from torch import Tensor

from mmcuts3d.cuts import CutS3D, CutStep, MaskCut, PseudoInstances, Surface
from mmcuts3d.labels import instance_to_annotation
from mmcuts3d.models.labelers import BaseLabeler, at_size

from .candidates import Search, Tau
from .criterion import repeatability
from .reading import PairReader
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
        self.read = PairReader(labeler.features, search.places)
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
            ValueError: If the image has no features or no depth.
        """
        pixels = np.zeros((*image.shape[1:], 3), np.uint8)
        outcome = Outcome([], [], [])
        depth = None
        for place, pair in enumerate(self.read(image, sample)):
            if not place:
                depth = self._depth(image, sample, pair.features)
            for method in self.methods:
                surface = _surface(method, depth, pair.features)
                steps = _steps(method, pair.features, surface)
                again = _steps(method, pair.altered, surface)
                masks, others = _masks(steps), _masks(again)
                outcome.repeatability.append(repeatability(masks, others))
                outcome.num_masks.append(len(masks))
                found = method.instances(pixels, steps)
                outcome.predictions.append(
                    _predictions(found, sample) if self.with_masks else []
                )
        return outcome

    def _depth(
        self, image: Tensor, sample: DetDataSample, features: np.ndarray
    ) -> np.ndarray | None:
        """(H, W) depth, where the labeler has a source of it."""
        # A map that is there is not asked for again.
        sample.set_metainfo({'features': features})
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


def _surface(
    method: Method, depth: np.ndarray | None, features: np.ndarray
) -> Surface | None:
    if isinstance(method, MaskCut) or depth is None:
        return None
    return method.local.surface(depth, features.shape[1:])


def _steps(
    method: Method, features: np.ndarray, surface: Surface | None
) -> list[CutStep]:
    if isinstance(method, MaskCut):
        return method.steps(features)
    return method.steps(features, surface)


def _masks(steps: Sequence[CutStep]) -> list[np.ndarray]:
    return [step.local_cut for step in steps if step.accepted]


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
