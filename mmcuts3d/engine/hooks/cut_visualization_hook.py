"""Pictures of cuts while a labeler is tested or labels."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from mmdet.structures import DetDataSample
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from mmcuts3d.datasets.transforms import LoadImage
from mmcuts3d.files import shown
from mmcuts3d.registry import HOOKS
from mmcuts3d.visualization import (
    build_point_cloud,
    draw_cut,
    render_view,
    save_image,
)


@HOOKS.register_module()
class CutVisualizationHook(Hook):
    """Draws how every n-th image was cut: a sheet with its point cloud.

    Of test runs of a labeler, those that label included.

    Args:
        interval (int): n. Defaults to 50.
        out_dir (str, optional): Folder of ``cuts/NAME.png`` and
            ``clouds/NAME.png``. Defaults to None: sheets go to the backends
            of the visualizer.

    Raises:
        ValueError: If `interval` is below 1.
    """

    priority = 'LOW'

    def __init__(
        self,
        interval: int = 50,
        out_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        if interval < 1:
            raise ValueError(
                'Expected argument `interval` to be at least 1, but got '
                f'{interval}'
            )
        self.interval = interval
        self.out_dir = None if out_dir is None else Path(out_dir)
        self._seen = 0

    def before_test(self, runner: Runner) -> None:
        """Ask the labeler for its steps.

        Raises:
            ValueError: If the model is no labeler.
        """
        model = _model(runner)
        if not hasattr(model, 'keep_steps'):
            raise ValueError(
                'Expected the model of CutVisualizationHook to be a labeler, '
                f'but got {type(model).__name__}'
            )
        self._seen = 0
        model.keep_steps = True

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[DetDataSample] | None = None,
    ) -> None:
        """Draw those images of a batch whose turn it is."""
        for sample in outputs or ():
            if self._seen % self.interval == 0 and sample.get('cut_steps'):
                try:
                    self._draw(runner, sample)
                except (OSError, ValueError) as error:
                    # A picture must not cost the labels.
                    name = shown(sample.get('img_path'))
                    text = f'No picture of the cut of {name}: {error}'
                    print_log(text, 'current', logging.WARNING)
            self._seen += 1

    def after_test(self, runner: Runner) -> None:
        """Predictions are as they were."""
        _model(runner).keep_steps = False

    def _draw(self, runner: Runner, sample: DetDataSample) -> None:
        path = sample.img_path
        image = LoadImage()({'img_path': path})['img'][..., ::-1].copy()
        steps, depth = sample.cut_steps, sample.get('cut_depth')
        masks = sample.pred_instances.masks.cpu().numpy().astype(bool)
        name = f'{self._seen:06d}_{Path(path).stem}'
        picture = None
        if depth is not None:
            cloud = build_point_cloud(image, depth, masks)
            picture = render_view(cloud)
        sheet = draw_cut(
            image, steps, depth=depth, cloud=picture, title=shown(name)
        )
        if self.out_dir is None:
            runner.visualizer.add_image(name, sheet)
            return
        save_image(sheet, self.out_dir / 'cuts' / f'{name}.png')
        if picture is not None:
            save_image(picture, self.out_dir / 'clouds' / f'{name}.png')


def _model(runner: Runner) -> nn.Module:
    model = runner.model
    return model.module if is_model_wrapper(model) else model
