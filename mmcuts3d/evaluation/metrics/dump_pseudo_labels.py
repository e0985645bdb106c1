"""Writes what a labeler or a detector predicts into a label store.

A labeling run is a test run with this metric: each image is on the disk as
soon as it is processed, so that a killed run can go on.
"""

import os.path as osp
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mmengine.dist import barrier, broadcast_object_list, get_rank
from mmengine.dist import is_main_process as is_main
from mmengine.evaluator import BaseMetric
from pycocotools import mask as coco_mask

from mmcuts3d.labels import (
    ImageRecord,
    LabelWriter,
    finish_labels,
    instance_to_annotation,
)
from mmcuts3d.registry import METRICS

from ..inputs import unpack_predictions


@METRICS.register_module()
class DumpPseudoLabels(BaseMetric):
    """Dump predictions as pseudo-labels.

    ``out_dir`` then holds ``pseudo_labels.json`` (COCO, one category
    ``object``, per annotation ``score`` and, from a labeler that has it, the
    raw ``confidence`` map) and ``errors.json`` (images whose data sample
    carries an ``error``). Masks without a pixel are left out.

    Args:
        out_dir (str): Folder of the labels.
        fingerprint (str, optional): Stands for everything the labels depend
            on. Labels of the same fingerprint are continued, others refused.
            Defaults to None: the folder must not hold labels.
        overwrite (bool): Whether to remove labels that the folder holds.
            Defaults to False.
        image_root (str, optional): Folder that file names are relative to.
            Defaults to None: the base name of the image.
        score_thr (float): Instances with a lower score are left out.
            Defaults to 0.
        max_per_image (int): Number of instances an image at most. Defaults
            to 100.
        collect_device (str): See ``BaseMetric``. Defaults to 'cpu'.
        prefix (str, optional): Put before the names of the statistics.
            Defaults to None: 'labels'.

    Raises:
        ValueError: If the folder holds other labels.
    """

    default_prefix = 'labels'

    def __init__(
        self,
        out_dir: str,
        fingerprint: str | None = None,
        overwrite: bool = False,
        image_root: str | None = None,
        score_thr: float = 0.0,
        max_per_image: int = 100,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.image_root = image_root
        self.score_thr = score_thr
        self.max_per_image = max_per_image
        self._fingerprint = fingerprint
        self.writer = self._open(out_dir, overwrite)
        # Nobody writes before everybody has seen what is there.
        barrier()

    def _open(self, out_dir: str, overwrite: bool) -> LabelWriter:
        """The first process locks the folder and looks into it for all."""
        writer = None
        message: list[str | None] = [None]
        if is_main():
            try:
                writer = LabelWriter(
                    out_dir, self._fingerprint or '', overwrite=overwrite
                )
                self._check_empty(writer)
            except ValueError as error:
                message = [str(error)]
        broadcast_object_list(message)
        if message[0] is not None:
            raise ValueError(message[0])
        return writer or LabelWriter(
            out_dir, self._fingerprint or '', get_rank()
        )

    def _check_empty(self, writer: LabelWriter) -> None:
        number = len(writer.done) + len(writer.errors)
        if self._fingerprint is None and (number or writer.path.exists()):
            writer.close()
            raise ValueError(
                f'Expected {writer.out_dir} to hold no labels, but got '
                f'labels of {len(writer.done)} images. Give a `fingerprint` '
                'to continue a run, or `overwrite=True`.'
            )

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Write a batch to the disk.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Data samples with predictions.

        Raises:
            ValueError: If predictions have no masks, or such of another size
                than the image.
        """
        for data_sample in data_samples:
            name = self.file_name(data_sample['img_path'])
            if data_sample.get('error') is not None:
                self.writer.fail(name, data_sample['error'])
            else:
                self.writer.append(
                    prediction_record(
                        data_sample, name, self.score_thr, self.max_per_image
                    )
                )
            # The statistics are read from the store.
            self.results.append(name)

    def compute_metrics(self, results: list[str]) -> dict[str, float]:
        """Finish the store; runs on one process when all are through.

        Args:
            results (list[str]): Not used.

        Returns:
            dict[str, float]: ``num_images``, ``num_masks``, ``num_errors``
            and ``mean_score`` (NaN without masks) of the whole store,
            images of earlier runs included.
        """
        # mmengine keeps an int as a np.int64, and writes null for it.
        return {name: float(n) for name, n in self._statistics().items()}

    def file_name(self, path: str) -> str:
        """Name of an image in the store.

        Args:
            path (str): Path of the image.

        Returns:
            str: See :func:`name_in_store`.
        """
        return name_in_store(path, self.image_root)

    def _statistics(self) -> dict[str, float]:
        statistics = asdict(finish_labels(self.writer))
        self.writer.close()
        return statistics


def name_in_store(path: str, image_root: str | None) -> str:
    """Name of an image in a label store.

    Args:
        path (str): Path of the image.
        image_root (str, optional): Folder that names are relative to; None
            takes the base name.

    Returns:
        str: Path relative to ``image_root`` with forward slashes.
    """
    if image_root is None:
        return osp.basename(path)
    return osp.relpath(path, image_root).replace(osp.sep, '/')


def prediction_record(
    data_sample: dict, name: str, score_thr: float, max_per_image: int
) -> ImageRecord:
    """What a label store keeps of a data sample with predictions.

    Args:
        data_sample (dict): With ``pred_instances``, ``ori_shape``,
            ``img_id``.
        name (str): Name of the image in the store.
        score_thr (float): Instances with a lower score are left out.
        max_per_image (int): Number of instances at most.

    Returns:
        ImageRecord: The record; masks without a pixel are left out.

    Raises:
        ValueError: If predictions have no masks, or such of another size
            than the image.
    """
    found = unpack_predictions(data_sample, score_thr, max_per_image)
    if found.masks is None and len(found):
        raise ValueError(
            f'Expected predictions with `masks`, but got none for {name}.'
        )
    annotations = []
    for index, mask in enumerate(found.masks or []):
        if not coco_mask.area(mask):
            continue
        confidence = (
            None if found.confidences is None else found.confidences[index]
        )
        annotations.append(
            instance_to_annotation(mask, found.scores[index], confidence)
        )
    height, width = data_sample['ori_shape']
    return ImageRecord(
        file_name=name,
        height=int(height),
        width=int(width),
        image_id=int(data_sample['img_id']),
        annotations=annotations,
    )
