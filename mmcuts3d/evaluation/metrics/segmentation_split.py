"""Over- and under-segmentation, as a metric."""

from mmcuts3d.registry import METRICS

from ..functional.segmentation_split import SegmentationSplit
from .instance_metric import InstanceMetric


@METRICS.register_module()
class SegmentationSplitMetric(InstanceMetric):
    """What masks merge and what they split.

    Keys read ``object/merging_masks``, ``object/split_instances``,
    ``object/hoover_over`` …; see :func:`segmentation_split`.

    Args:
        share (float): Share of a part that lies in the whole, in (0, 1].
            Defaults to 0.5.
        iou_thr (float): IoU of a mask that finds an instance, in (0, 1].
            Defaults to 0.5.
        tolerance (float): Of Hoover's classes, in (0.5, 1]. Defaults to 0.8.
        **kwargs: See :class:`InstanceMetric`.

    Raises:
        ValueError: If an argument is out of range.
    """

    needs_masks = True

    def __init__(
        self,
        share: float = 0.5,
        iou_thr: float = 0.5,
        tolerance: float = 0.8,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.groups = (SegmentationSplit(share, iou_thr, tolerance),)
