"""Quality of confidence maps and of scores, as a metric."""

from mmcuts3d.registry import METRICS

from ..functional.confidence_quality import confidence_quality, score_quality
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
        self.num_bins = num_bins
        self.min_iou = min_iou
        self.min_confidence = min_confidence
        self._try_out()

    def measure(
        self, images: list[dict], truth: list[dict], predictions: list[dict]
    ) -> dict[str, float]:
        """See :func:`confidence_quality` and :func:`score_quality`."""
        data = (images, truth, predictions)
        maps = confidence_quality(
            *data, self.num_bins, self.min_iou, self.min_confidence
        )
        scores = score_quality(*data)
        return {**maps, **{f'segm_{k}': v for k, v in scores.items()}}
