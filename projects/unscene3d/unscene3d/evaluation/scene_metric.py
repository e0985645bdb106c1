"""ScanNet's average precision as a metric of mmengine."""

from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric

from mmcuts3d.registry import METRICS

from .average_precision import (
    Background,
    SceneAveragePrecision,
    SceneMatches,
)


@METRICS.register_module()
class SceneInstanceMetric(BaseMetric):
    """AP, AP50 and AP25 of predicted instances of scenes.

    Args:
        min_vertices (int): See :class:`SceneAveragePrecision`. Defaults to
            100.
        background (str): See there. Defaults to 'ignored'.
        **kwargs: Of ``BaseMetric``.
    """

    default_prefix = 'scenes'

    def __init__(
        self,
        min_vertices: int = 100,
        background: Background = 'ignored',
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.measure = SceneAveragePrecision(min_vertices, background)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Count scenes.

        Args:
            data_batch (Any): Not looked at.
            data_samples (Sequence[dict]): With ``segments`` (n,), ``truth``
                (n,) and ``pred_instances``: masks (N, s), scores (N,).

        Raises:
            ValueError: If a scene has no truth.
        """
        for sample in data_samples:
            if sample.get('truth') is None:
                raise ValueError(
                    f'{sample.get("name", "a scene")}: expected truth to '
                    'measure against, but the scene has none.'
                )
            found = sample['pred_instances']
            masks = found['masks'].cpu().numpy()
            of_vertex = sample['segments'].cpu().numpy()
            self.results.append(
                self.measure.matches(
                    masks[:, of_vertex],
                    found['scores'].cpu().numpy(),
                    sample['truth'].cpu().numpy(),
                )
            )

    def compute_metrics(
        self, results: list[dict[int, SceneMatches]]
    ) -> dict[str, float]:
        """AP, AP50 and AP25 in percent."""
        total = SceneAveragePrecision(
            self.measure.min_vertices, self.measure.background
        )
        total.scenes = list(results)
        return total.compute()
