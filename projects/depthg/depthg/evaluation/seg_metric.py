"""Accuracy and mIoU of clusters and of the linear probe, for mmengine."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from mmcuts3d.files import shown
from mmcuts3d.registry import METRICS

from .confusion import (
    Extra,
    accuracy,
    class_iou,
    confusion_matrix,
    match_clusters,
    merge_clusters,
)

Collect = Literal['cpu', 'gpu']
#: What is measured: field of the prediction, name in the results.
_CLUSTERS, _LABELS = 'pred_clusters', 'pred_labels'
_NAMES = {_CLUSTERS: 'unsupervised', _LABELS: 'linear'}


@METRICS.register_module()
class UnsupervisedSegMetric(BaseMetric):
    """Accuracy and mIoU over all pixels of a data set, in percent.

    ``pred_clusters`` are matched to classes once, on the whole set, which
    gives ``unsupervised_accuracy`` and ``unsupervised_mIoU``; ``pred_labels``
    are compared as they are: ``linear_accuracy`` and ``linear_mIoU``. A
    prediction that is not there is not measured.

    Args:
        num_clusters (int, optional): How many clusters there are. Defaults
            to None: as many as classes.
        extra (str): What becomes of clusters that no class is left for, see
            :func:`match_clusters`. Defaults to 'unmatched'.
        per_class (bool): Whether the IoU of each class is a result too, such
            as ``unsupervised_IoU/sky``. Defaults to False: it is logged.
        collect_device (str): 'cpu' or 'gpu', where results of several
            processes are collected. Defaults to 'cpu'.
        prefix (str, optional): Put before the names. Defaults to None.

    Attributes:
        matched (np.ndarray, optional): (P,) the class of each cluster, or
            -1, of the last evaluation.

    Raises:
        ValueError: If a setting is out of range.
    """

    def __init__(
        self,
        num_clusters: int | None = None,
        extra: Extra = 'unmatched',
        per_class: bool = False,
        collect_device: Collect = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if num_clusters is not None and num_clusters < 1:
            raise ValueError(
                'Expected argument `num_clusters` to be at least 1, but got '
                f'{num_clusters}'
            )
        if extra not in get_args(Extra):
            raise ValueError(
                f'Expected argument `extra` to be one of {get_args(Extra)}, '
                f'but got {extra!r}'
            )
        self.num_clusters = num_clusters
        self.extra: Extra = extra
        self.per_class = per_class
        self.matched: np.ndarray | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, of the dataset."""
        names = (self.dataset_meta or {}).get('classes')
        if not names:
            raise ValueError(
                'Expected `dataset_meta` to name the classes, but got '
                f'{self.dataset_meta}'
            )
        return tuple(names)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Count the pixels of a batch.

        Args:
            data_batch (Any): Not looked at.
            data_samples (Sequence[dict]): With ``label_map`` (H, W), and
                ``pred_clusters`` or ``pred_labels`` or both, (H, W).

        Raises:
            ValueError: If an image has no label map or no prediction, sizes
                differ, or a value is out of range; names the image.
        """
        number = len(self.classes)
        for sample in data_samples:
            name = shown(sample.get('img_path', 'an image'))
            truth = sample.get('label_map')
            if truth is None:
                raise ValueError(
                    f'Expected a label map for {name} to measure against, '
                    'but got none'
                )
            counts = {}
            for key in _NAMES:
                found = sample.get(key)
                if found is None:
                    continue
                most = number
                if key == _CLUSTERS and self.num_clusters is not None:
                    most = self.num_clusters
                try:
                    counts[key] = confusion_matrix(
                        found.cpu().numpy(), truth.cpu().numpy(), most, number
                    )
                except ValueError as error:
                    raise ValueError(f'{name}: {key}: {error}') from error
            if not counts:
                raise ValueError(
                    f'Expected {name} to have {" or ".join(_NAMES)}, but got '
                    'neither'
                )
            self.results.append(counts)

    def compute_metrics(
        self, results: list[dict[str, np.ndarray]]
    ) -> dict[str, float]:
        """Measure the whole set.

        Args:
            results (list[dict]): Counts of each image.

        Returns:
            dict[str, float]: Names to percent.

        Raises:
            ValueError: If no pixel is labelled, or only some images have a
                prediction of a kind.
        """
        measures: dict[str, float] = {}
        self.matched = None
        for key, name in _NAMES.items():
            counts = [one[key] for one in results if key in one]
            if not counts:
                continue
            if len(counts) < len(results):
                raise ValueError(
                    f'Expected `{key}` of all {len(results)} images, but got '
                    f'it of {len(counts)}'
                )
            confusion = np.sum(counts, axis=0)
            if key == _CLUSTERS:
                self.matched = match_clusters(confusion, self.extra)
                confusion = merge_clusters(confusion, self.matched)
            measures[f'{name}_accuracy'] = accuracy(confusion)
            iou = class_iou(confusion)
            measures[f'{name}_mIoU'] = float(np.nanmean(iou))
            named = dict(zip(self.classes, iou.tolist(), strict=True))
            if self.per_class:
                for label, value in named.items():
                    measures[f'{name}_IoU/{label}'] = value
            print_log(
                f'{name} IoU: '
                + ', '.join(f'{k} {v:.1f}' for k, v in named.items()),
                logger='current',
            )
        return measures
