"""CorLoc, as a metric."""

from mmcuts3d.registry import METRICS

from ..functional.corloc import CorLoc
from .instance_metric import InstanceMetric


@METRICS.register_module()
class CorLocMetric(InstanceMetric):
    """Share of images whose best-scored box meets an object.

    The key reads ``object/CorLoc``; see :func:`correct_localization`.

    Args:
        iou_thr (float): In (0, 1]. Defaults to 0.5.
        with_ignored (bool): Whether annotations with ``iscrowd`` are
            instances. Defaults to False.
        **kwargs: See :class:`InstanceMetric`.

    Raises:
        ValueError: If the threshold is out of range.
    """

    def __init__(
        self, iou_thr: float = 0.5, with_ignored: bool = False, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.groups = (CorLoc(iou_thr, with_ignored),)
