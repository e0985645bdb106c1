"""Mean best IoU of instances, as a metric."""

from mmcuts3d.registry import METRICS

from ..functional.groups import IoUType
from ..functional.iou_quality import BestIoU
from .instance_metric import InstanceMetric


@METRICS.register_module()
class BestIoUMetric(InstanceMetric):
    """Mean over instances of the highest IoU with any prediction.

    The key reads ``object/segm_best_IoU``; see :func:`best_iou`.

    Args:
        iou_type (str): 'segm', 'bbox' or 'boundary'. Defaults to 'segm'.
        **kwargs: See :class:`InstanceMetric`.

    Raises:
        ValueError: If there is no such IoU type.
    """

    def __init__(self, iou_type: IoUType = 'segm', **kwargs) -> None:
        super().__init__(**kwargs)
        self.groups = (BestIoU(iou_type),)
        self.needs_masks = iou_type != 'bbox'
