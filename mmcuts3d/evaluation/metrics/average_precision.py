"""Class-agnostic AP and AR of boxes and masks, under honest names.

The measure of the papers' tables: COCO's protocol with all categories taken
as one (CutS3D, Sec. 5; CutLER's class-agnostic setting).
"""

from collections.abc import Sequence
from typing import Any, Literal

from mmcuts3d.registry import METRICS

from ..functional.average_precision import AveragePrecision, evaluate_coco
from ..functional.coco_backends import Backend, check_backend
from ..functional.groups import IOU_TYPES, IoUType
from .instance_metric import InstanceMetric


@METRICS.register_module()
class ClassAgnosticCocoMetric(InstanceMetric):
    """AP, AP50, AP75, AP_S, AP_M, AP_L, AR1, AR10, AR100 of one class.

    Values are percentages as the papers print them, not rounded; -1 where
    there is no ground truth to measure against. Keys read
    ``object/bbox_AP50`` or ``object/segm_AR100``; ``object/failed_images``
    counts images whose data sample carries an ``error``. Categories of the
    ground truth are not looked at.

    Args:
        ann_file (str, optional): COCO file with the ground truth, with any
            categories. Defaults to None: ``instances`` or ``gt_instances``
            of the data samples.
        metric (str | Sequence[str]): One or more of 'bbox', 'segm' and
            'boundary' (see :func:`evaluate_coco`). Defaults to
            ('bbox', 'segm').
        score_thr (float): Predictions with a lower score are left out.
            Defaults to 0.
        max_per_image (int): Number of predictions an image at most, above
            10; the last AR is measured at it and named for it. Defaults to
            100.
        backend (str): 'pycocotools' or 'faster_coco_eval'. Defaults to
            'pycocotools'.
        collect_device (str): See :class:`InstanceMetric`, as all that is not
            said here. Defaults to 'cpu'.
        prefix (str, optional): Put before the names. Defaults to None:
            'object'.

    Raises:
        ImportError: If faster-coco-eval is asked for and not installed.
        ValueError: If an argument is out of range, or the file is no COCO
            file.
    """

    def __init__(
        self,
        ann_file: str | None = None,
        metric: IoUType | Sequence[IoUType] = ('bbox', 'segm'),
        score_thr: float = 0.0,
        max_per_image: int = 100,
        backend: Backend = 'pycocotools',
        collect_device: Literal['cpu', 'gpu'] = 'cpu',
        prefix: str | None = None,
    ) -> None:
        metrics = [metric] if isinstance(metric, str) else list(metric)
        if not metrics or not set(metrics) <= set(IOU_TYPES):
            raise ValueError(
                f'Expected argument `metric` to be of {IOU_TYPES}, but got '
                f'{metric!r}.'
            )
        if max_per_image <= 10:
            raise ValueError(
                'Expected argument `max_per_image` to be above 10, but got '
                f'{max_per_image}.'
            )
        # Now, and not after hours of prediction.
        check_backend(backend)
        super().__init__(
            ann_file, score_thr, max_per_image, collect_device, prefix
        )
        self.metrics = metrics
        self.max_dets = (1, 10, max_per_image)
        self.groups = [AveragePrecision(k, self.max_dets) for k in metrics]
        self.backend = backend
        self.needs_masks = metrics != ['bbox']

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Measure all images.

        Args:
            results (list[dict]): What :meth:`process` kept.

        Returns:
            dict[str, float]: Names without prefix to values in percent, and
            ``failed_images``.

        Raises:
            ValueError: See :class:`InstanceMetric`.
        """
        values = super().compute_metrics(results)
        # mmengine keeps an int as a np.int64, and writes null for it.
        values['failed_images'] = float(len(self._failed(results)))
        return values

    def measure(
        self, images: list[dict], truth: list[dict], predictions: list[dict]
    ) -> dict[str, float]:
        """AP and AR, see :func:`evaluate_coco`."""
        if self.backend == 'pycocotools':
            return super().measure(images, truth, predictions)
        values: dict[str, float] = {}
        for kind in self.metrics:
            measured = evaluate_coco(
                images, truth, predictions, kind, self.max_dets, self.backend
            )
            values.update({f'{kind}_{k}': v for k, v in measured.items()})
        return values

    @property
    def _name(self) -> str:
        masks: list[Any] = [kind for kind in self.metrics if kind != 'bbox']
        return f'metric {masks[0]!r}' if masks else super()._name
