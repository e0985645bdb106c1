"""Writes what a labeler or a detector predicts into a label store.

A labeling run is a test run with this metric: each image is on the disk as
soon as it is processed, so that a killed run can go on.
"""

import os.path as osp
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmengine.dist import (
    barrier,
    broadcast_object_list,
    get_rank,
    get_world_size,
)
from mmengine.dist import is_main_process as is_main
from mmengine.evaluator import BaseMetric
from pycocotools import mask as coco_mask

from mmcuts3d.labels import (
    ImageRecord,
    ShardPlan,
    ShardWriter,
    StoreRun,
    StoreSummary,
    begin_store,
    instance_to_annotation,
    open_shard,
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

    A metric does not know which images will come, which the shards of a
    Parquet store are made of: it writes JSON lines. LabelingLoop, which knows
    them, writes either.

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

    Attributes:
        out_dir (Path): The folder.
        summary (StoreSummary, optional): What it holds, once measured on the
            first process.

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
        self.out_dir = Path(out_dir)
        self.summary: StoreSummary | None = None
        self._run, plan = self._begin(fingerprint, overwrite)
        self.writer: ShardWriter = open_shard(plan)
        # Nobody writes before everybody has seen what is there.
        barrier()

    def _begin(
        self, fingerprint: str | None, overwrite: bool
    ) -> tuple[StoreRun | None, ShardPlan]:
        """The first process locks the folder and looks into it for all."""
        run = None
        told: list[Any] = [None, None]
        if is_main():
            try:
                run = begin_store(
                    self.out_dir,
                    None,
                    fingerprint or '',
                    'jsonl',
                    overwrite=overwrite,
                )
                if fingerprint is None:
                    _check_new(run)
                told[1] = run.plan(get_world_size())
            except ValueError as error:
                told[0] = str(error)
        broadcast_object_list(told)
        if told[0] is not None:
            raise ValueError(told[0])
        plan: ShardPlan = told[1][get_rank()]
        return run, plan

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
        self.writer.seal()
        self.summary = self._finish()
        return {name: float(n) for name, n in asdict(self.summary).items()}

    def file_name(self, path: str) -> str:
        """Name of an image in the store.

        Args:
            path (str): Path of the image.

        Returns:
            str: See :func:`name_in_store`.
        """
        return name_in_store(path, self.image_root)

    def _finish(self) -> StoreSummary:
        if self._run is None:
            raise ValueError(
                'Expected `compute_metrics` to be called on the first '
                'process, which began the store, but got another.'
            )
        with self._run as run, self.writer:
            return run.finish()


def _check_new(run: StoreRun) -> None:
    if not run.is_new:
        run.close()
        raise ValueError(
            f'Expected {run.out_dir} to hold no labels, but got labels of '
            f'{run.num_done} images. Give a `fingerprint` to continue a run, '
            'or `overwrite=True`.'
        )


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
