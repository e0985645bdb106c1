"""Recall by number of same-class instances, as a metric."""

from mmcuts3d.registry import METRICS

from ..functional.groups import IoUType
from ..functional.same_class_recall import SameClassRecall
from .instance_metric import InstanceMetric


@METRICS.register_module()
class SameClassRecallMetric(InstanceMetric):
    """Average recall of instances that are alone in their class, one of two, …

    Keys read ``object/segm_AR_same1`` … ``object/segm_AR_same6+``; see
    :func:`same_class_recall`. The class is ``original_category_id`` or
    ``category_id`` of ``ann_file``, or ``bbox_label`` or ``labels`` of the
    data samples.

    Args:
        iou_type (str): 'segm', 'bbox' or 'boundary'. Defaults to 'segm'.
        last_bucket (int): From this number on all go into one bucket.
            Defaults to 6.
        **kwargs: See :class:`InstanceMetric`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self, iou_type: IoUType = 'segm', last_bucket: int = 6, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.groups = (SameClassRecall(iou_type, last_bucket),)
        self.needs_masks = iou_type != 'bbox'
