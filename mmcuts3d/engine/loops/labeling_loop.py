"""Labeling as the test loop of a config."""

from pathlib import Path

from mmengine.evaluator import Evaluator
from mmengine.logging import print_log
from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader

from mmcuts3d.labels import Backend
from mmcuts3d.registry import LOOPS

from ..executors.launched import silence_of
from ..labeling import LabelingJob, LabelingResult, run_labeling


@LOOPS.register_module()
class LabelingLoop(BaseLoop):
    """A test run that writes labels and goes on where it stopped.

    In a config: ``test_cfg = dict(type='mmcuts3d.LabelingLoop',
    out_dir=DIR)`` and ``test_evaluator = []``; then ``tools/test.py CONFIG
    [CHECKPOINT]`` labels the images of ``test_dataloader``.

    Args:
        runner (Runner): The runner; its model labels.
        dataloader (dict): Config of the images; the sampler is not used.
        evaluator (list): Empty: a run that goes on sees a part of the images
            only. tools/analysis/evaluate_labels.py measures labels.
        out_dir (str): Folder of the label store.
        score_thr (float): Instances with a lower score are left out.
            Defaults to 0.
        max_per_image (int): Number of instances an image at most. Defaults
            to 100.
        overwrite (bool): Whether to remove labels that ``out_dir`` holds.
            Defaults to False.
        store (str, optional): 'jsonl' or 'parquet', see
            :class:`~mmcuts3d.engine.labeling.LabelingJob`. Defaults to None:
            by the number of images.

    Attributes:
        result (LabelingResult, optional): What came of the last run.

    Raises:
        ValueError: If there are metrics, or the dataloader is built already.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: dict,
        evaluator: Evaluator | dict | list,
        out_dir: str | Path,
        score_thr: float = 0.0,
        max_per_image: int = 100,
        overwrite: bool = False,
        store: Backend | None = None,
    ) -> None:
        if isinstance(dataloader, DataLoader):
            raise ValueError(
                'Expected `test_dataloader` to be a config for LabelingLoop, '
                'but got a DataLoader.'
            )
        metrics = getattr(evaluator, 'metrics', evaluator)
        if metrics:
            raise ValueError(
                'Expected `test_evaluator` to be [] for LabelingLoop, but '
                f'got {metrics}: labels are measured by '
                'tools/analysis/evaluate_labels.py.'
            )
        self._runner = runner
        self.result: LabelingResult | None = None
        self._config = dataloader
        self._settings = {
            'out_dir': out_dir,
            'score_thr': score_thr,
            'max_per_image': max_per_image,
            'overwrite': overwrite,
            'store': store,
        }

    def run(self) -> dict[str, float]:
        """Label.

        Returns:
            dict[str, float]: ``labels/num_images``, ``labels/num_masks``,
            ``labels/num_errors``, ``labels/mean_score``.
        """
        self.runner.call_hook('before_test')
        job = LabelingJob(
            self.runner.model,
            self._config,
            settings=self.runner.cfg.get('model'),
            **self._settings,
        )
        silence = silence_of(self.runner.cfg.get('env_cfg'))
        self.result = run_labeling(job, silence)
        print_log(self.result.summary, logger='current')
        self.runner.call_hook('after_test')
        return {
            f'labels/{name}': float(number)
            for name, number in self.result.statistics.items()
        }
