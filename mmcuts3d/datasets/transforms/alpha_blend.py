"""Confidence alpha-blending of pasted instances (CutS3D, Sec. 3.4, Eq. 5)."""

import numpy as np
import numpy.typing as npt
from mmcv.transforms import BaseTransform

from mmcuts3d.registry import TRANSFORMS


@TRANSFORMS.register_module()
class AlphaBlend(BaseTransform):
    """Blend one image into another by its Spatial Confidence.

    Copy-paste calls it: ``dict(type='mmcuts3d.ConfidentCopyPaste',
    blend=dict(type='mmcuts3d.AlphaBlend'))``. As a transform of its own it
    needs one before it that names what to blend:

    Required Keys:

    - img (the target)
    - source_img
    - source_confidence (float in [0, 1], 0 outside the instance)

    Modified Keys:

    - img

    Removed Keys:

    - source_img
    - source_confidence

    Raises:
        ValueError: If a key is missing, or shapes or ranges do not fit.
    """

    def transform(self, results: dict) -> dict:
        """Blend ``source_img`` into ``img``.

        Args:
            results (dict): Holds the required keys.

        Returns:
            dict: The same dict.
        """
        keys = ('img', 'source_img', 'source_confidence')
        missing = [key for key in keys if key not in results]
        if missing:
            raise ValueError(
                f'Expected `results` to have the keys {keys}, but got none '
                f'for {missing}. AlphaBlend pastes nothing by itself: write '
                "it into copy-paste, dict(type='mmcuts3d.ConfidentCopyPaste', "
                "blend=dict(type='mmcuts3d.AlphaBlend'))."
            )
        results['img'] = self.blend(
            results.pop('source_img'),
            results['img'],
            results.pop('source_confidence'),
        )
        return results

    def blend(
        self,
        source: npt.NDArray,
        target: npt.NDArray,
        confidence: npt.NDArray,
    ) -> npt.NDArray:
        """I_aug = SC * I_S + (1 - SC) * I_T, Eq. 5.

        Args:
            source (ndarray): Image of the instance, shape (h, w, C).
            target (ndarray): Image that it is pasted into, same shape.
            confidence (ndarray): Spatial Confidence of shape (h, w), in
                [0, 1], 0 outside the instance.

        Returns:
            ndarray: A new image of the target's shape and dtype; integers
            are rounded to the nearest.

        Raises:
            ValueError: If shapes or ranges do not fit.
        """
        if source.shape != target.shape:
            raise ValueError(
                "Expected argument `source` to be of the target's shape "
                f'{target.shape}, but got {source.shape}.'
            )
        if confidence.shape != target.shape[:2]:
            raise ValueError(
                'Expected argument `confidence` to be of shape '
                f'{target.shape[:2]}, but got {confidence.shape}.'
            )
        if confidence.size and not (
            confidence.min() >= 0 and confidence.max() <= 1
        ):
            raise ValueError(
                'Expected argument `confidence` to lie in [0, 1], but got '
                f'values from {confidence.min()} to {confidence.max()}.'
            )
        alpha = confidence.astype(np.float32).reshape(
            confidence.shape + (1,) * (target.ndim - 2)
        )
        blended = alpha * source + (1 - alpha) * target
        if np.issubdtype(target.dtype, np.integer):
            blended = np.rint(blended)
        return blended.astype(target.dtype)

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
