"""Class-agnostic AP and AR of boxes and masks, under honest names.

The measure of the papers' tables: COCO's protocol with all categories taken
as one (CutS3D, Sec. 5; CutLER's class-agnostic setting).
"""

import logging
from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from mmcuts3d.registry import METRICS

from ..functional.coco_evaluation import evaluate_coco
from ..functional.ground_truth import load_ground_truth, sample_ground_truth
from ..functional.predictions import unpack_predictions


@METRICS.register_module()
class ClassAgnosticCocoMetric(BaseMetric):
    """AP, AP50, AP75, AP_S, AP_M, AP_L, AR1, AR10, AR100 of one class.

    Values are percentages as the papers print them, not rounded; -1 where
    there is no ground truth to measure against. Keys read
    ``object/bbox_AP50`` or ``object/segm_AR100``; ``object/failed_images``
    counts images whose data sample carries an ``error``. These are named in
    a warning and measured as images without predictions; without
    ``ann_file`` their ground truth is unknown, and they are left out.

    Labels of predictions and categories of the ground truth are not looked
    at. With ``ann_file`` all its images count, as in pycocotools: one that
    was not run costs recall, and a warning says how many there are.

    Args:
        ann_file (str, optional): COCO file with the ground truth, with any
            categories. Defaults to None: ``instances`` or ``gt_instances``
            of the data samples.
        metric (str | Sequence[str]): 'bbox', 'segm' or both. Defaults to
            both.
        score_thr (float): Predictions with a lower score are left out.
            Defaults to 0.
        max_per_image (int): Number of predictions an image at most, above
            10; the last AR is measured at it and named for it. Defaults to
            100.
        collect_device (str): Device that results of several processes are
            collected on, 'cpu' or 'gpu'. Defaults to 'cpu'.
        prefix (str, optional): Put before the names. Defaults to None:
            'object'.

    Raises:
        ValueError: If an argument is out of range, or the file is no COCO
            file.
    """

    default_prefix = 'object'

    def __init__(
        self,
        ann_file: str | None = None,
        metric: str | Sequence[str] = ('bbox', 'segm'),
        score_thr: float = 0.0,
        max_per_image: int = 100,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        metrics = [metric] if isinstance(metric, str) else list(metric)
        if not metrics or not set(metrics) <= {'bbox', 'segm'}:
            raise ValueError(
                "Expected argument `metric` to be 'bbox', 'segm' or both, "
                f'but got {metric!r}.'
            )
        if max_per_image <= 10:
            raise ValueError(
                'Expected argument `max_per_image` to be above 10, but got '
                f'{max_per_image}.'
            )
        self.ann_file = ann_file
        self.metrics = metrics
        self.score_thr = score_thr
        self.max_per_image = max_per_image
        self._truth = load_ground_truth(ann_file) if ann_file else None

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what the measure needs of a batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Data samples with predictions.

        Raises:
            ValueError: If masks are asked for and missing, or of another
                size than the image.
        """
        for data_sample in data_samples:
            height, width = data_sample['ori_shape']
            result = {
                'image': {
                    'id': data_sample['img_id'],
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
            dict[str, float]: Names without prefix to values in percent, and
            ``failed_images``.

        Raises:
            ValueError: If an image is not in ``ann_file``, has another size
                there, or lacks masks that are asked for.
        """
        # Samplers pad the last batch of a distributed run.
        by_id = {result['image']['id']: result for result in results}
        failed = [result for result in by_id.values() if result['error']]
        for result in failed:
            _warn(
                f'{result["image"]["file_name"]} (id {result["image"]["id"]})'
                f' has no predictions: {result["error"]}'
            )
        images, truth = self._ground_truth(by_id)
        if 'segm' in self.metrics and any(
            'segmentation' not in row for row in truth
        ):
            raise ValueError(
                "Expected ground truth with masks for metric 'segm', but got "
                'annotations without `segmentation`.'
            )
        predictions = [
            {'image_id': image['id'], **row}
            for image in images
            for row in by_id.get(image['id'], {}).get('predictions', [])
        ]
        values: dict[str, float] = {}
        for metric in self.metrics:
            measured = evaluate_coco(
                images, truth, predictions, metric, (1, 10, self.max_per_image)
            )
            values.update(
                {f'{metric}_{name}': value for name, value in measured.items()}
            )
        values['failed_images'] = len(failed)
        return values

    def _predictions(self, data_sample: dict) -> list[dict]:
        found = unpack_predictions(
            data_sample, self.score_thr, self.max_per_image
        )
        if 'segm' in self.metrics and found.masks is None and len(found):
            raise ValueError(
                "Expected predictions with `masks` for metric 'segm', but "
                f'got none in image {data_sample["img_id"]}.'
            )
        rows = []
        for index in range(len(found)):
            x1, y1, x2, y2 = found.bboxes[index].tolist()
            row = {
                'score': float(found.scores[index]),
                'bbox': [x1, y1, x2 - x1, y2 - y1],
            }
            if 'segm' in self.metrics and found.masks is not None:
                row['segmentation'] = found.masks[index]
            rows.append(row)
        return rows

    def _ground_truth(
        self, by_id: dict[Any, dict]
    ) -> tuple[list[dict], list[dict]]:
        """Images that count, and their annotations."""
        if self._truth is None:
            good = [row for row in by_id.values() if not row['error']]
            truth = [row for result in good for row in result['truth']]
            return [result['image'] for result in good], truth
        images, truth = self._truth
        known = {image['id']: image for image in images}
        for image_id, result in by_id.items():
            if image_id not in known:
                raise ValueError(
                    f'Expected images of {self.ann_file}, but got '
                    f'{result["image"]["file_name"]} with id {image_id}, '
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


def _check_shape(image: dict, result: dict) -> None:
    expected = (image['height'], image['width'])
    got = (result['image']['height'], result['image']['width'])
    if not result['error'] and expected != got:
        raise ValueError(
            f'Expected image {image["id"]} to be of size {expected} as the '
            f'ground truth has it, but got {got}.'
        )


def _warn(message: str) -> None:
    print_log(message, logger='current', level=logging.WARNING)
