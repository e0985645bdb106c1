"""Pseudo-labels as a dataset that mmdet trains on.

Reads what a labeling run, or a round of self-training, wrote: a COCO file
whole, the shards of a folder image by image. The confidence maps stay encoded
until LoadPseudoLabels needs them.
"""

import os.path as osp
from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
from mmdet.datasets import BaseDetDataset
from mmengine.dataset import force_full_init
from mmengine.fileio import get_local_path
from mmengine.utils import is_abs

from mmcuts3d.labels import (
    CATEGORY_NAME,
    InstanceColumns,
    LabelStore,
    open_store,
    read_labels,
)
from mmcuts3d.registry import DATASETS

from .confidence_use import KEY, ConfidenceUse


@DATASETS.register_module()
class PseudoLabelDataset(BaseDetDataset):
    """Class-agnostic instances with a score and perhaps a confidence map.

    Each data sample is that of mmdet's ``CocoDataset``, and its
    ``instances`` have two keys more: ``score``, in [0, 1] (1.0 where the
    file has none), and ``confidence``, the encoded map (absent where the
    file has none). Plain ground truth of the one category ``object`` reads
    as well.

    Of a folder only the places of the images are held, whatever its size;
    names are taken as they stand there.

    Args:
        ann_file (str): The label file, or the folder of a label store, below
            ``data_root`` if relative.
        min_score (float): Instances with a score below it are left out.
            Defaults to 0.0.
        confidence (bool or dict): What Spatial Confidence is used for: True
            for all, False for nothing, or settings of
            :class:`~mmcuts3d.datasets.ConfidenceUse`, such as
            ``dict(floor=0.67, loss=False)``. LoadPseudoLabels,
            ConfidentCopyPaste and PackPseudoLabels follow it. Defaults to
            True.
        **kwargs: Those of mmdet's ``BaseDetDataset``: ``data_root``,
            ``data_prefix=dict(img=DIR)``, ``pipeline``, ``test_mode`` and
            ``filter_cfg=dict(filter_empty_gt=True, min_size=32)``, which
            drops images without instances, or with a side below 32 pixels,
            from training.

    Raises:
        ValueError: If the file has another category than ``object``, or is
            broken in another way (see :func:`mmcuts3d.labels.read_labels`),
            or no image is left, or if ``metainfo`` names other classes, or
            ``confidence`` is wrong.
    """

    METAINFO = {'classes': (CATEGORY_NAME,), 'palette': [(220, 20, 60)]}

    def __init__(
        self,
        *args: Any,
        min_score: float = 0.0,
        confidence: bool | dict[str, Any] = True,
        **kwargs: Any,
    ) -> None:
        self.min_score = min_score
        self.confidence = ConfidenceUse.from_setting(confidence)
        self._store: LabelStore | None = None
        super().__init__(*args, **kwargs)

    def load_data_list(self) -> list[dict[str, Any]] | npt.NDArray[np.int64]:
        """Read the label file, or open the label store.

        Returns:
            list[dict]: One entry an image, in the order of the image ids; or
            the places in the store, int64, which stand for entries.

        Raises:
            ValueError: If the file or ``metainfo`` is wrong.
        """
        classes = tuple(self.metainfo['classes'])
        if classes != (CATEGORY_NAME,):
            raise ValueError(
                f"Expected `classes` of metainfo to be ('{CATEGORY_NAME}',), "
                f'but got {classes}.'
            )
        self._store = None
        if osp.isdir(self.ann_file):
            self._store = open_store(self.ann_file)
            return np.arange(len(self._store))
        with get_local_path(
            self.ann_file, backend_args=self.backend_args
        ) as path:
            labels = read_labels(path, self._image_folder())
        of_image = defaultdict(list)
        for annotation in labels['annotations']:
            of_image[annotation['image_id']].append(annotation)
        return [
            self.parse_data_info(
                {'raw_img_info': image, 'raw_ann_info': of_image[image['id']]}
            )
            for image in sorted(labels['images'], key=lambda row: row['id'])
        ]

    def parse_data_info(self, raw_data_info: dict) -> dict[str, Any]:
        """Turn rows of the label file into an entry of mmdet.

        Args:
            raw_data_info (dict): ``raw_img_info`` (a row of ``images``) and
                ``raw_ann_info`` (its rows of ``annotations``).

        Returns:
            dict: The entry; boxes that miss the image, or have a side below
            one pixel, are left out as mmdet does.
        """
        image = raw_data_info['raw_img_info']
        instances = [
            self._parse_instance(annotation)
            for annotation in raw_data_info['raw_ann_info']
            if self._is_usable(annotation, image)
        ]
        return {
            'img_path': osp.join(
                self.data_prefix.get('img') or '', image['file_name']
            ),
            'img_id': image['id'],
            'seg_map_path': None,
            'height': image['height'],
            'width': image['width'],
            'instances': instances,
        }

    def filter_data(self) -> list[dict[str, Any]] | npt.NDArray[np.int64]:
        """Apply ``filter_cfg`` in training.

        Returns:
            list[dict]: The entries that stay; of a store their places.

        Raises:
            ValueError: If none stays.
        """
        filter_cfg = {} if self.test_mode else self.filter_cfg or {}
        wants_instances = filter_cfg.get('filter_empty_gt', False)
        min_size = filter_cfg.get('min_size', 0)
        if self._store is not None:
            kept = self._filtered(self._store, wants_instances, min_size)
        else:
            kept = [
                entry
                for entry in self.data_list
                if min(entry['height'], entry['width']) >= min_size
                and not (
                    wants_instances
                    and all(row['ignore_flag'] for row in entry['instances'])
                )
            ]
        if not len(kept):
            raise ValueError(
                f'Expected {self.ann_file} to hold an image to use, but got '
                f'{len(self.data_list)} images, none of which passes '
                f'filter_cfg={filter_cfg} with min_score={self.min_score}.'
            )
        return kept

    @force_full_init
    def get_data_info(self, idx: int) -> dict[str, Any]:
        """The entry of one image; of a store it is read now.

        It has the key ``confidence_use`` for the transforms.

        Args:
            idx (int): Index of the image.

        Returns:
            dict: See :meth:`parse_data_info`, and ``sample_idx``.
        """
        if self._store is None:
            info = super().get_data_info(idx)
            info[KEY] = self.confidence
            return info
        places = (
            self.data_bytes.view(np.int64)
            if self.serialize_data
            else self.data_list
        )
        record = self._store.record(int(places[idx]))
        info = self.parse_data_info(
            {
                'raw_img_info': record.image_entry(),
                'raw_ann_info': record.annotations,
            }
        )
        info['sample_idx'] = idx if idx >= 0 else len(self) + idx
        info[KEY] = self.confidence
        return info

    def _serialize_data(self) -> tuple[np.ndarray, np.ndarray]:
        """Of a store, places of eight bytes each: subsets are cut as ever."""
        if self._store is None:
            return super()._serialize_data()
        places = np.asarray(self.data_list, np.int64)
        self.data_list = []
        return places.view(np.uint8), np.arange(1, len(places) + 1) * 8

    def _filtered(
        self, store: LabelStore, wants_instances: bool, min_size: int
    ) -> npt.NDArray[np.int64]:
        columns = store.image_columns()
        keep = np.minimum(columns.heights, columns.widths) >= min_size
        if wants_instances:
            found = np.zeros(len(store), bool)
            for masks in store.instance_columns():
                sizes = columns.heights, columns.widths
                usable = self._are_usable(masks, *sizes) & ~masks.crowds
                found[masks.images[usable]] = True
            keep &= found
        return np.flatnonzero(keep)

    def _are_usable(
        self,
        masks: InstanceColumns,
        heights: npt.NDArray[np.int32],
        widths: npt.NDArray[np.int32],
    ) -> npt.NDArray[np.bool_]:
        """:meth:`_is_usable` for many."""
        x, y, width, height = masks.boxes.T
        inside_x = np.minimum(x + width, widths[masks.images]) - x.clip(0)
        inside_y = np.minimum(y + height, heights[masks.images]) - y.clip(0)
        usable: npt.NDArray[np.bool_] = (
            ~masks.ignored
            & (masks.areas > 0)
            & (np.minimum(width, height) >= 1)
            & (np.minimum(inside_x, inside_y) > 0)
            & (masks.scores >= self.min_score)
        )
        return usable

    def reload(self, ann_file: str) -> 'PseudoLabelDataset':
        """Read another label file in place of this one (self-training).

        Data loaders that are already running keep the old labels, since
        their workers hold copies; a wrapper such as MultiImageMixDataset
        keeps the old length. Build both anew.

        Args:
            ann_file (str): The label file, below ``data_root`` if relative.

        Returns:
            PseudoLabelDataset: The dataset itself.

        Raises:
            ValueError: If the file is wrong; the dataset then stays as it
                was.
        """
        if not is_abs(ann_file) and self.data_root:
            ann_file = osp.join(self.data_root, ann_file)
        previous = self.__dict__.copy()
        self.ann_file = ann_file
        self._fully_initialized = False
        try:
            self.full_init()
        except Exception:
            self.__dict__.update(previous)
            raise
        return self

    def _image_folder(self) -> str | None:
        """The image folder, if it is one of this machine."""
        folder = self.data_prefix.get('img') or '.'
        return folder if osp.isdir(folder) else None

    def _is_usable(self, annotation: dict, image: dict) -> bool:
        x, y, width, height = annotation['bbox']
        inside_x = min(x + width, image['width']) - max(x, 0)
        inside_y = min(y + height, image['height']) - max(y, 0)
        return (
            not annotation.get('ignore', False)
            and annotation.get('area', width * height) > 0
            and min(width, height) >= 1
            and min(inside_x, inside_y) > 0
            and annotation.get('score', 1.0) >= self.min_score
        )

    def _parse_instance(self, annotation: dict) -> dict[str, Any]:
        x, y, width, height = annotation['bbox']
        instance = {
            'bbox': [x, y, x + width, y + height],
            'bbox_label': 0,
            'ignore_flag': int(bool(annotation.get('iscrowd', 0))),
            'mask': annotation['segmentation'],
            'score': float(annotation.get('score', 1.0)),
        }
        confidence = annotation.get('confidence')
        if confidence is not None and self.confidence.uses_maps:
            instance['confidence'] = confidence
        return instance
