"""Loads any image as the 8-bit BGR image that mmdet's pipelines take."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio

from mmcuts3d.files import decode_image, read_image, shown
from mmcuts3d.registry import TRANSFORMS


@TRANSFORMS.register_module(name=['LoadImage', 'LoadImageFromFile'])
class LoadImage(BaseTransform):
    """Load an image of any mode and bring it upright.

    The decoder is :func:`mmcuts3d.files.read_image`, which everything else
    here reads images with too: any format and mode of Pillow, upright by the
    EXIF orientation. What comes after sees only the upright image. On plain
    colour JPEG files the pixels equal those of ``LoadImageFromFile``. A file
    that cannot be read whole is refused with the reason. In test pipelines of
    detectors it is named ``mmcuts3d.LoadImageFromFile``, which is the name
    that mmdet's ``DetInferencer`` looks for.

    Required Keys:

    - img_path

    Added Keys:

    - img: (H, W, 3) uint8, BGR.
    - img_shape: (H, W).
    - ori_shape: (H, W).

    Args:
        backend_args (dict, optional): Storage backend of mmengine.fileio.
            Defaults to None: local files.

    Raises:
        ValueError: If the file is missing, is no regular file, no image, is
            truncated, or holds neither 8-bit nor 16-bit values. The message
            names it.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Load the image that ``img_path`` names.

        Args:
            results (dict): Result dict of the pipeline.

        Returns:
            dict: The same dict with the added keys.
        """
        image = self._read(results['img_path'])
        results['img'] = np.ascontiguousarray(image[..., ::-1])
        results['img_shape'] = image.shape[:2]
        results['ori_shape'] = image.shape[:2]
        return results

    def _read(self, path: str) -> np.ndarray:
        if self.backend_args is None and '://' not in str(path):
            return read_image(path)
        try:
            content = fileio.get(path, backend_args=self.backend_args)
        except OSError as error:
            raise ValueError(
                f'Expected {shown(path)} to be a readable image, but got: '
                f'{shown(error)}'
            ) from error
        return decode_image(content, path)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
