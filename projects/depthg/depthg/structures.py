"""What the parts of DepthG hand to each other."""

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor

#: Value of a label map where nothing is known, and nothing is measured.
IGNORED = 255


class SegDataSample(BaseDataElement):
    """What is known of an image beside its pixels, and what was predicted.

    All maps have the size of the image as the model sees it. A map that is
    not there is None. The metainfo has ``img_path``, ``img_id`` (its own for
    each crop), ``file_name``, ``ori_shape`` (of the file) and ``img_shape``.
    """

    @property
    def label_map(self) -> Tensor | None:
        """(H, W) int64 classes, 255 = ignored."""
        return getattr(self, '_label_map', None)

    @label_map.setter
    def label_map(self, value: Tensor) -> None:
        self.set_field(value, '_label_map', dtype=torch.Tensor)

    @label_map.deleter
    def label_map(self) -> None:
        del self._label_map

    @property
    def depth(self) -> Tensor | None:
        """(H, W) float32 in [0, 1], 0 = nearest of the whole image."""
        return getattr(self, '_depth', None)

    @depth.setter
    def depth(self, value: Tensor) -> None:
        self.set_field(value, '_depth', dtype=torch.Tensor)

    @depth.deleter
    def depth(self) -> None:
        del self._depth

    @property
    def pred_clusters(self) -> Tensor | None:
        """(H, W) int64, clusters of the unsupervised probe."""
        return getattr(self, '_pred_clusters', None)

    @pred_clusters.setter
    def pred_clusters(self, value: Tensor) -> None:
        self.set_field(value, '_pred_clusters', dtype=torch.Tensor)

    @pred_clusters.deleter
    def pred_clusters(self) -> None:
        del self._pred_clusters

    @property
    def pred_labels(self) -> Tensor | None:
        """(H, W) int64, classes of the linear probe."""
        return getattr(self, '_pred_labels', None)

    @pred_labels.setter
    def pred_labels(self, value: Tensor) -> None:
        self.set_field(value, '_pred_labels', dtype=torch.Tensor)

    @pred_labels.deleter
    def pred_labels(self) -> None:
        del self._pred_labels
