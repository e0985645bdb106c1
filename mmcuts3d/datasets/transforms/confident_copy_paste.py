"""Confident copy-paste selection (CutS3D, Sec. 3.4; Tables 8 and 9).

Copy-paste augmentation that pastes the masks LocalCut is surest of. It runs
in mmdet's MultiImageMixDataset, on masks with confidence levels.
"""

import random
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmdet.structures.bbox import autocast_box_type
from mmdet.structures.mask import BitmapMasks
from mmengine.dataset import BaseDataset

from mmcuts3d.labels import CONFIDENCE_SCALE
from mmcuts3d.registry import TRANSFORMS

from ..confidence_use import KEY, Blending, ConfidenceUse
from .level_masks import (
    LevelMasks,
    levels_of,
    masks_like,
    mean_confidence,
    scores_of,
)
from .pasting import (
    Canvas,
    Placement,
    masks_to_boxes,
    pasteable,
    patches_of,
)

Selection = Literal['confident', 'random']


@TRANSFORMS.register_module()
class ConfidentCopyPaste(BaseTransform):
    """Paste instances of another image, the most confident ones.

    Of n instances in the source image, 1 to n - 1 are pasted (n = 1: the
    one), as many as random copy-paste draws; which ones, the mean Spatial
    Confidence of each mask decides. They are scaled and put to places wholly
    inside the target, the most confident on top. What an instance covers is
    taken from the masks below it; one that lost too much, or all, is removed.
    Confidence levels of a pasted instance go with its mask, resized with
    nearest neighbours.

    Required Keys:

    - img
    - gt_bboxes (BaseBoxes[torch.float32])
    - gt_bboxes_labels (np.int64)
    - gt_ignore_flags (bool)
    - gt_masks (LevelMasks; mmdet's BitmapMasks need ``select='random'`` and
      ``blend=None``, or a dataset whose ``confidence`` is not used for them,
      and stay what they are)
    - mix_results (list of one dict with the keys above)
    - confidence_use (optional, by the dataset: whether confidence is used for
      selection and blending, whatever the arguments say)

    Modified Keys:

    - img
    - gt_bboxes
    - gt_bboxes_labels
    - gt_ignore_flags
    - gt_masks

    Added Keys, where something is pasted:

    - gt_pasted (bool): which instances are, shown by
      ``tools/analysis/browse_dataset.py``

    Args:
        min_ratio (float): Smallest scale of a pasted instance. A ratio of 1
            keeps the share of the image that the instance has in the
            source. Defaults to 0.3 (Table 8; self-training: 0.5, Table 9).
        max_ratio (float): Largest scale, at most 1. Defaults to 1.0
            (Tables 8 and 9).
        select (str): 'confident' pastes the masks with the highest mean
            Spatial Confidence, 'random' draws them. Defaults to 'confident'.
        blend (dict, optional): Transform with a method ``blend(source,
            target, confidence)``, such as ``dict(type=
            'mmcuts3d.AlphaBlend')``. Defaults to None: the mask's pixels
            replace those of the target.
        placement (str): 'each' gives every instance a ratio and a place of
            its own, and keeps its aspect; 'together', as CutLER does,
            stretches the source image to the size of the target, and gives
            one ratio and one shift to all of it. Defaults to 'each'.
        max_cover (float, optional): An instance that would cover this share
            or more of one of the target's own is not pasted. CutLER: 0.5.
            Defaults to None: it is pasted whatever it covers.
        prob (float): Probability that an image gets anything pasted.
            Defaults to 1.0.
        max_num_pasted (int): Most instances that are pasted. Defaults to
            100, as in mmdet.
        bbox_occluded_thr (int): An instance whose box moved by no more than
            this, in pixels on every side, stays. Defaults to 10, as in
            mmdet.
        mask_occluded_thr (int): An instance with more pixels left than this
            stays. Defaults to 300, as in mmdet.

    Raises:
        ValueError: If an argument is out of range, the images to mix are not
            exactly one, or their masks have no levels where they are needed.
    """

    def __init__(
        self,
        min_ratio: float = 0.3,
        max_ratio: float = 1.0,
        select: Selection = 'confident',
        blend: dict[str, Any] | None = None,
        placement: Placement = 'each',
        max_cover: float | None = None,
        prob: float = 1.0,
        max_num_pasted: int = 100,
        bbox_occluded_thr: int = 10,
        mask_occluded_thr: int = 300,
    ) -> None:
        if not 0 < min_ratio <= max_ratio <= 1:
            raise ValueError(
                'Expected arguments `min_ratio` and `max_ratio` to satisfy '
                f'0 < min <= max <= 1, but got {min_ratio} and {max_ratio}.'
            )
        for name, value, choices in (
            ('select', select, get_args(Selection)),
            ('placement', placement, get_args(Placement)),
        ):
            if value not in choices:
                raise ValueError(
                    f'Expected argument `{name}` to be one of {choices}, '
                    f'but got {value!r}.'
                )
        if max_cover is not None and not 0 < max_cover <= 1:
            raise ValueError(
                'Expected argument `max_cover` to be in (0, 1] or None, but '
                f'got {max_cover}.'
            )
        if not 0 <= prob <= 1 or max_num_pasted < 1:
            raise ValueError(
                'Expected arguments `prob` in [0, 1] and `max_num_pasted` of '
                f'at least 1, but got {prob} and {max_num_pasted}.'
            )
        self.min_ratio = min_ratio
        self.max_ratio = max_ratio
        self.select = select
        self.blend_cfg = blend
        self.blend = None if blend is None else TRANSFORMS.build(blend)
        if blend is not None and not hasattr(self.blend, 'blend'):
            raise ValueError(
                'Expected argument `blend` to be a transform with a method '
                "`blend`, such as dict(type='mmcuts3d.AlphaBlend'), but got "
                f'{blend}.'
            )
        self.placement = placement
        self.max_cover = max_cover
        self.prob = prob
        self.max_num_pasted = max_num_pasted
        self.bbox_occluded_thr = bbox_occluded_thr
        self.mask_occluded_thr = mask_occluded_thr

    @cache_randomness
    def get_indexes(self, dataset: BaseDataset) -> int:
        """Draw the source image.

        Args:
            dataset (BaseDataset): The dataset that is mixed.

        Returns:
            int: Index of the source image.
        """
        return random.randrange(len(dataset))

    @autocast_box_type()
    def transform(self, results: dict) -> dict:
        """Paste instances of the mixed image into this one.

        Args:
            results (dict): Holds the required keys.

        Returns:
            dict: The same dict.
        """
        sources = results.get('mix_results') or []
        if len(sources) != 1:
            raise ValueError(
                'Expected `mix_results` to hold one image, but got '
                f'{len(sources)}: use ConfidentCopyPaste in the pipeline of '
                'a MultiImageMixDataset.'
            )
        source = sources[0]
        use = results.get(KEY, ConfidenceUse())
        confident = self.select == 'confident' and use.selection
        blending: Blending = self.blend is not None and use.blending
        self._check_masks(
            results['gt_masks'], source['gt_masks'], confident or blending
        )
        levels = levels_of(source['gt_masks'])
        candidates = pasteable(levels, source['gt_ignore_flags'])
        draw = self._draw(len(candidates))
        chosen = self._choose(levels, candidates, draw, confident)
        if len(chosen) == 0 or draw['skip']:
            return results
        self._paste(results, source, levels, chosen, draw, blending)
        return results

    @cache_randomness
    def _draw(self, number: int) -> dict[str, Any]:
        """Draw all that is random, in one go: a cached draw stays whole."""
        # Python's generator is what data loaders seed in every worker.
        rng = np.random.default_rng(random.getrandbits(64))
        highest = max(1, min(number - 1, self.max_num_pasted))
        count = min(number, int(rng.integers(1, highest, endpoint=True)))
        return {
            'skip': bool(rng.random() >= self.prob),
            'count': count,
            'order': rng.permutation(number),
            'ratios': rng.uniform(self.min_ratio, self.max_ratio, count),
            'places': rng.random((count, 2)),
        }

    def _choose(
        self,
        levels: npt.NDArray[np.uint8],
        candidates: npt.NDArray[np.int64],
        draw: dict[str, Any],
        confident: bool,
    ) -> npt.NDArray[np.int64]:
        """Instances to paste, the one for the top last."""
        shuffled = candidates[draw['order']]
        if not confident:
            return shuffled[: draw['count']]
        scores = np.array([mean_confidence(levels[i]) for i in shuffled])
        # Shuffled before a stable sort: ties are drawn, not taken by place.
        best = np.argsort(-scores, kind='stable')[: draw['count']]
        return shuffled[best[::-1]]

    def _paste(
        self,
        results: dict,
        source: dict,
        levels: npt.NDArray[np.uint8],
        chosen: npt.NDArray[np.int64],
        draw: dict[str, Any],
        blending: Blending,
    ) -> None:
        canvas = Canvas(results['img'], levels_of(results['gt_masks']))
        patches = patches_of[self.placement](
            source['img'],
            levels[chosen],
            draw['ratios'],
            draw['places'],
            canvas.frame,
        )
        mix = partial(self._mix, blending)
        pasted = [
            index
            for index, patch in zip(chosen, patches, strict=True)
            if canvas.paste(*patch, mix, self.max_cover)
        ]
        if not pasted:
            return
        boxes = type(results['gt_bboxes'])
        before = np.concatenate(
            [
                results['gt_bboxes'].tensor.numpy(),
                masks_to_boxes(canvas.pasted_levels()),
            ]
        )
        joined = np.stack(canvas.levels)
        after = masks_to_boxes(joined)
        keep = self._is_visible(joined, before, after)
        results['img'] = canvas.image
        scores = np.concatenate(
            [
                scores_of(results['gt_masks']),
                scores_of(source['gt_masks'])[pasted],
            ]
        )
        results['gt_masks'] = masks_like(
            results['gt_masks'], joined[keep], scores[keep]
        )
        results['gt_bboxes'] = boxes(after[keep], dtype=torch.float32)
        own = len(before) - len(pasted)
        results['gt_pasted'] = (np.arange(len(before)) >= own)[keep]
        for key in ('gt_bboxes_labels', 'gt_ignore_flags'):
            both = np.concatenate([results[key], source[key][pasted]])
            results[key] = both[keep]

    def _mix(
        self,
        blending: Blending,
        source: npt.NDArray[np.uint8],
        target: npt.NDArray[np.uint8],
        levels: npt.NDArray[np.uint8],
    ) -> npt.NDArray[np.uint8]:
        if not blending:
            return np.where(levels[..., None] > 0, source, target)
        confidence = levels.astype(np.float32) / CONFIDENCE_SCALE
        if blending == 'mean':
            confidence[levels > 0] = mean_confidence(levels)
        return self.blend.blend(source, target, confidence)

    def _is_visible(
        self,
        levels: npt.NDArray[np.uint8],
        before: npt.NDArray[np.float32],
        after: npt.NDArray[np.float32],
    ) -> npt.NDArray[np.bool_]:
        """mmdet's two thresholds; an instance without a pixel never stays."""
        area = (levels > 0).sum(axis=(1, 2))
        same_box = (np.abs(after - before) <= self.bbox_occluded_thr).all(
            axis=1
        )
        return (area > 0) & (same_box | (area > self.mask_occluded_thr))

    def _check_masks(
        self,
        target: BitmapMasks,
        source: BitmapMasks,
        needs_levels: Blending,
    ) -> None:
        with_levels = [isinstance(m, LevelMasks) for m in (target, source)]
        if all(with_levels) or not (needs_levels or any(with_levels)):
            return
        raise ValueError(
            'Expected `gt_masks` of both images to carry confidence levels, '
            f'but got {type(target).__name__} and {type(source).__name__}: '
            "load them with dict(type='mmcuts3d.LoadPseudoLabels'). Masks "
            "without a confidence need select='random' and blend=None, or "
            "confidence=False of dict(type='mmcuts3d.PseudoLabelDataset')."
        )

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(min_ratio={self.min_ratio}, '
            f'max_ratio={self.max_ratio}, select={self.select!r}, '
            f'blend={self.blend_cfg}, placement={self.placement!r}, '
            f'max_cover={self.max_cover}, prob={self.prob}, '
            f'max_num_pasted={self.max_num_pasted}, '
            f'bbox_occluded_thr={self.bbox_occluded_thr}, '
            f'mask_occluded_thr={self.mask_occluded_thr})'
        )
