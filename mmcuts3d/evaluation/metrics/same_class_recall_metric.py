"""Recall by number of same-class instances, as a metric."""

from mmcuts3d.registry import METRICS

from ..functional.instance_recall import same_class_recall
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
        self, iou_type: str = 'segm', last_bucket: int = 6, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.iou_type = iou_type
        self.last_bucket = last_bucket
        self.needs_masks = iou_type != 'bbox'
        self._try_out()

    def measure(
        self, images: list[dict], truth: list[dict], predictions: list[dict]
    ) -> dict[str, float]:
        """See :func:`same_class_recall`."""
        measured = same_class_recall(
            images, truth, predictions, self.iou_type, self.last_bucket
        )
        return {f'{self.iou_type}_{k}': v for k, v in measured.items()}
