"""Loads what belongs to an image, and packs all for the model."""

from types import SimpleNamespace

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from mmcuts3d.files import image_orientation, shown, turn_upright
from mmcuts3d.registry import TRANSFORMS

from ..structures import SegDataSample
from .geometry import nearest
from .label_files import lies_on_its_side, read_label_map

_META = ('img_path', 'img_id', 'file_name', 'ori_shape', 'img_shape', 'crop')


@TRANSFORMS.register_module()
class LoadMaps(BaseTransform):
    """Loads the label map and the depth of an image, where it has them.

    A label map of an image that is stored on its side (EXIF orientation) may
    lie as the image is stored, and is then turned upright like it. Depth is
    brought to the size of the image; 0 is the nearest point of the
    whole image, of which crops keep their share.

    Required keys: those of :class:`SegFolder`, and img.
    Added keys: gt_seg_map, (H, W) int64 or None; depth, (H, W) float32 in
    [0, 1] or None.
    """

    def transform(self, results: dict) -> dict:
        """Load.

        Raises:
            ValueError: If a file cannot be read, a label map has another
                size than the image, or a class outside the list; names the
                file.
        """
        results['gt_seg_map'] = results['depth'] = None
        size = results['img'].shape[:2]
        path = results['seg_map_path']
        if path is not None:
            labels = read_label_map(path, results['num_classes'])
            if lies_on_its_side(results['img_path'], size, labels.shape):
                turn = image_orientation(results['img_path'])
                labels = turn_upright(labels, turn)
            if labels.shape != size:
                raise ValueError(
                    f'Expected {shown(path)} to have the size of its image '
                    f'{shown(results["img_path"])}, {size}, but got '
                    f'{labels.shape}'
                )
            results['gt_seg_map'] = labels
        source = results.get('depth_source')
        if source is not None:
            sample = SimpleNamespace(
                img_path=results['img_path'],
                file_name=results['file_name'],
                shares_stem=results['shares_stem'],
                ori_shape=size,
            )
            results['depth'] = nearest(source.read(sample), size)
        return results


@TRANSFORMS.register_module()
class PackSegInputs(BaseTransform):
    """Packs the image and its :class:`SegDataSample`.

    Required keys: img (BGR, as core transforms have it), gt_seg_map, depth.
    """

    def transform(self, results: dict) -> dict:
        """Pack.

        Returns:
            dict: ``inputs``, (3, H, W) uint8 RGB, and ``data_samples``.
        """
        image = np.ascontiguousarray(
            results['img'][..., ::-1].transpose(2, 0, 1)
        )
        sample = SegDataSample(
            metainfo={key: results[key] for key in _META if key in results}
        )
        if results.get('gt_seg_map') is not None:
            sample.label_map = torch.from_numpy(
                np.ascontiguousarray(results['gt_seg_map'], np.int64)
            )
        if results.get('depth') is not None:
            sample.depth = torch.from_numpy(
                np.ascontiguousarray(results['depth'], np.float32)
            )
        return dict(inputs=torch.from_numpy(image), data_samples=sample)
