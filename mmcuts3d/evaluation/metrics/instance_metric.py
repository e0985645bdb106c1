"""What all metrics that compare instances with ground truth have in common."""

import logging
from collections.abc import Sequence
from typing import Any, Literal

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from mmcuts3d.files import shown

from ..functional.groups import MeasureGroup, image_statistics
from ..inputs import (
    load_ground_truth,
    mark_box_only,
    sample_ground_truth,
    unpack_predictions,
)


class InstanceMetric(BaseMetric):
    """Keeps predictions and ground truth, for a measure to be called once.

    Images whose data sample carries an ``error`` are named in a warning and
    measured as images without predictions; without ``ann_file`` their ground
    truth is unknown, and they are left out. With ``ann_file`` all its images
    count, as in pycocotools: one that was not run costs recall, and a
    warning says how many there are. Labels of predictions are not looked at.

    A child class sets what it needs and its ``groups``, or defines
    :meth:`measure`.

    Attributes:
        groups (Sequence[MeasureGroup]): What is measured.
        needs_masks (bool): Whether predictions and ground truth must have
            masks.
        needs_confidences (bool): Whether predictions must have confidence
            maps.

    Args:
        ann_file (str, optional): COCO file with the ground truth, with any
            categories. Defaults to None: ``instances`` or ``gt_instances``
            of the data samples.
        score_thr (float): Predictions with a lower score are left out.
            Defaults to 0.
        max_per_image (int): Number of predictions an image at most. Defaults
            to 100.
        collect_device (str): Device that results of several processes are
            collected on, 'cpu' or 'gpu'. Defaults to 'cpu'.
        prefix (str, optional): Put before the names. Defaults to None:
            'object'.

    Raises:
        ValueError: If the file is no COCO file.
    """

    default_prefix = 'object'
    groups: Sequence[MeasureGroup] = ()
    needs_masks = False
    needs_confidences = False

    def __init__(
        self,
        ann_file: str | None = None,
        score_thr: float = 0.0,
        max_per_image: int = 100,
        collect_device: Literal['cpu', 'gpu'] = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.ann_file = ann_file
        self.score_thr = score_thr
        self.max_per_image = max_per_image
        self._truth = load_ground_truth(ann_file) if ann_file else None
        # Datasets may give the ids as they stand in the file.
        self._ids = {
            image['original_id']: image['id']
            for image in (self._truth or [[]])[0]
            if 'original_id' in image
        }

    def measure(
        self,
        images: list[dict],
        truth: list[dict],
        predictions: list[dict],
    ) -> dict[str, float]:
        """Measure all images.

        Args:
            images (list[dict]): COCO images.
            truth (list[dict]): Annotations.
            predictions (list[dict]): ``image_id``, ``score``, ``bbox`` and,
                if the class needs them, ``segmentation`` and ``confidence``.

        Returns:
            dict[str, float]: Names without prefix to values: those of
            ``groups``.

        Raises:
            ValueError: If a row is of no image.
        """
        data = (images, truth, predictions)
        return image_statistics(self.groups, *data).reported()

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what the measure needs of a batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Data samples with predictions.

        Raises:
            ValueError: If masks or confidence maps are needed and missing,
                or masks are of another size than the image.
        """
        for data_sample in data_samples:
            height, width = data_sample['ori_shape']
            image_id = data_sample['img_id']
            result = {
                'image': {
                    'id': self._ids.get(image_id, image_id),
                    'file_name': data_sample.get('img_path', ''),
                    'height': int(height),
                    'width': int(width),
                },
                'error': data_sample.get('error'),
                'predictions': [],
            }
            if result['error'] is None:
                result['predictions'] = self._predictions(data_sample)
                if self._truth is None:
                    result['truth'] = sample_ground_truth(data_sample)
            self.results.append(result)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Measure all images.

        Args:
            results (list[dict]): What :meth:`process` kept.

        Returns:
            dict[str, float]: What :meth:`measure` returns.

        Raises:
            ValueError: If an image is not in ``ann_file``, has another size
                there, or lacks masks that are needed.
        """
        by_id = _by_id(results)
        for result in self._failed(results):
            _warn(
                f'{shown(result["image"]["file_name"])} (id '
                f'{result["image"]["id"]}) has no predictions: '
                f'{shown(result["error"])}'
            )
        images, truth = self._ground_truth(by_id)
        if self.needs_masks:
            truth = mark_box_only(images, truth, 'the data samples')
            if any('segmentation' not in row for row in truth):
                raise ValueError(
                    f'Expected ground truth with masks for {self._name}, but '
                    'got annotations without `segmentation`.'
                )
        predictions = [
            {'image_id': image['id'], **row}
            for image in images
            for row in by_id.get(image['id'], {}).get('predictions', [])
        ]
        return self.measure(images, truth, predictions)

    @property
    def _name(self) -> str:
        """What stands in messages for the metric."""
        return type(self).__name__

    @staticmethod
    def _failed(results: list[dict]) -> list[dict]:
        return [
            result
            for result in _by_id(results).values()
            if result['error'] is not None
        ]

    def _predictions(self, data_sample: dict) -> list[dict]:
        found = unpack_predictions(
            data_sample, self.score_thr, self.max_per_image
        )
        needed = {
            'masks': (self.needs_masks, found.masks),
            'confidences': (self.needs_confidences, found.confidences),
        }
        for name, (needs, values) in needed.items():
            if needs and values is None and len(found):
                raise ValueError(
                    f'Expected predictions with `{name}` for {self._name}, '
                    f'but got none in image {data_sample["img_id"]}.'
                )
        rows = []
        for index in range(len(found)):
            x1, y1, x2, y2 = found.bboxes[index].tolist()
            row = {
                'score': float(found.scores[index]),
                'bbox': [x1, y1, x2 - x1, y2 - y1],
            }
            if self.needs_masks and found.masks is not None:
                row['segmentation'] = found.masks[index]
            if self.needs_confidences and found.confidences is not None:
                row['confidence'] = found.confidences[index]
            rows.append(row)
        return rows

    def _ground_truth(
        self, by_id: dict[Any, dict]
    ) -> tuple[list[dict], list[dict]]:
        """Images that count, and their annotations."""
        if self._truth is None:
            good = [row for row in by_id.values() if row['error'] is None]
            truth = [row for result in good for row in result['truth']]
            return [result['image'] for result in good], truth
        images, truth = self._truth
        known = {image['id']: image for image in images}
        for image_id, result in by_id.items():
            if image_id not in known:
                raise ValueError(
                    f'Expected images of {self.ann_file}, but got '
                    f'{shown(result["image"]["file_name"])} with id '
                    f'{image_id}, '
                    'which is not in it.'
                )
            _check_shape(known[image_id], result)
        if len(by_id) < len(known):
            _warn(
                f'{len(known) - len(by_id)} of {len(known)} images of '
                f'{self.ann_file} were not run; their instances count as '
                'missed.'
            )
        return images, truth


def _by_id(results: list[dict]) -> dict[Any, dict]:
    """Results by the id of the image; one that comes again counts once.

    Samplers pad the last batch of a distributed run.
    """
    found: dict[Any, dict] = {}
    for result in results:
        image = result['image']
        known = found.setdefault(image['id'], result)['image']
        if known['file_name'] != image['file_name']:
            raise ValueError(
                'Expected each image to have an id of its own, but got id '
                f'{image["id"]!r} for {shown(known["file_name"])} and '
                f'{shown(image["file_name"])}.'
            )
    return found


def _check_shape(image: dict, result: dict) -> None:
    expected = (image['height'], image['width'])
    got = (result['image']['height'], result['image']['width'])
    if result['error'] is None and expected != got:
        raise ValueError(
            f'Expected image {image["id"]} to be of size {expected} as the '
            f'ground truth has it, but got {got}.'
        )


def _warn(message: str) -> None:
    print_log(message, logger='current', level=logging.WARNING)
