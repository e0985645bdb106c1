"""Quality of confidence maps and of scores, as a metric."""

from mmcuts3d.registry import METRICS

from ..functional.confidence_quality import ConfidenceQuality
from ..functional.iou_quality import ScoreQuality
from .instance_metric import InstanceMetric


@METRICS.register_module()
class ConfidenceQualityMetric(InstanceMetric):
    """Does Spatial Confidence tell where a mask is wrong, and its score?

    Keys read ``object/confidence_error_spearman``,
    ``object/confidence_ECE``, ``object/confidence_AUROC`` …; see
    :func:`confidence_quality`; and ``object/segm_score_IoU_spearman``,
    ``object/segm_mean_IoU``, see :func:`score_quality`.

    Args:
        num_bins (int): Bins of the calibration error. Defaults to 10.
        min_iou (float): Masks that meet no instance with this IoU are left
            out of the quality of maps, in [0, 1]. Defaults to 0: all count.
        min_confidence (float): The floor of the confidence inside the mask,
            as in training. Defaults to 0.5.
        **kwargs: See :class:`InstanceMetric`.

    Raises:
        ValueError: If an argument is out of range.
    """

    needs_masks = True
    needs_confidences = True

    def __init__(
        self,
        num_bins: int = 10,
        min_iou: float = 0.0,
        min_confidence: float = 0.5,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.groups = (
            ConfidenceQuality(num_bins, min_iou, min_confidence),
            ScoreQuality('segm'),
        )
