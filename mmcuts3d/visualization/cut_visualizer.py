"""The visualizer of configs: class-agnostic instances, and sheets of cuts."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from mmdet.visualization import DetLocalVisualizer
from mmengine.dist import master_only
from mmengine.logging import print_log
from mmengine.structures import InstanceData

from mmcuts3d.cuts import CutStep, PseudoInstances
from mmcuts3d.registry import VISUALIZERS

from .display import display_problem
from .drawing import draw_instances
from .panels import draw_cut


@VISUALIZERS.register_module()
class CutVisualizer(DetLocalVisualizer):
    """Draws instances of one class, each in a colour of its own.

    mmdet's visualizer colours by class, and with one class all instances
    would run together. :meth:`add_datasample` is mmdet's; :meth:`add_cut`
    adds the steps of a cut as a sheet of panels.

    Args:
        name (str): Name of the instance. Defaults to 'visualizer'.
        draw_boxes (bool): Whether boxes are drawn. Defaults to True.
        draw_scores (bool): Whether scores are written. Defaults to True.
        alpha (float): Opacity of the masks in [0, 1]. Defaults to 0.45.
        **kwargs: Passed to :class:`~mmdet.visualization.DetLocalVisualizer`.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        draw_boxes: bool = True,
        draw_scores: bool = True,
        alpha: float = 0.45,
        **kwargs,
    ) -> None:
        super().__init__(name=name, alpha=alpha, **kwargs)
        self.draw_boxes = draw_boxes
        self.draw_scores = draw_scores
        self._display_problem: str | None = None

    @master_only
    def show(self, *args, **kwargs) -> None:
        """Show a picture as mmengine does, if a window can be opened.

        Without a display that answers, mmengine would wait for a key that
        nobody can press; here a warning says so and the call returns.

        Args:
            *args: Passed to :meth:`mmengine.visualization.Visualizer.show`.
            **kwargs: The same.
        """
        if self._display_problem is None:
            self._display_problem = display_problem()
            if self._display_problem:
                print_log(
                    f'No window is shown: {self._display_problem}. Pictures '
                    'can be written to a folder instead.',
                    'current',
                    logging.WARNING,
                )
        if not self._display_problem:
            super().show(*args, **kwargs)

    @master_only
    def add_cut(
        self,
        name: str,
        image: np.ndarray,
        steps: Sequence[CutStep],
        instances: PseudoInstances | None = None,
        depth: np.ndarray | None = None,
        cloud: np.ndarray | None = None,
        out_file: str | os.PathLike[str] | None = None,
        step: int = 0,
    ) -> None:
        """Draw a cut and hand it to the file or to the backends.

        Args:
            name (str): Identifier of the picture, its title too.
            image (np.ndarray): (H, W, 3) uint8 RGB.
            steps (Sequence[CutStep]): The steps.
            instances (PseudoInstances, optional): What was made of them.
                Defaults to None.
            depth (np.ndarray, optional): (H', W') in [0, 1], 0 = nearest.
                Defaults to None, the one of the steps.
            cloud (np.ndarray, optional): Picture of the point cloud.
                Defaults to None.
            out_file (str | PathLike, optional): Where to write a PNG instead
                of the backends. Defaults to None.
            step (int): Of the backends. Defaults to 0.
        """
        sheet = draw_cut(image, steps, instances, depth, cloud, name)
        self.set_image(sheet)
        if out_file is not None:
            save_image(sheet, out_file)
        else:
            self.add_image(name, sheet, step)

    def _draw_instances(
        self,
        image: np.ndarray,
        instances: InstanceData,
        classes: list[str] | None,
        palette: list[tuple] | None,
    ) -> np.ndarray:
        """mmdet's hook for ground truth and predictions.

        Args:
            image (np.ndarray): (H, W, 3) uint8 RGB.
            instances (InstanceData): With any of masks, bboxes, scores.
            classes (list[str], optional): Not used: there is one class.
            palette (list, optional): Not used: colours go by instance.

        Returns:
            np.ndarray: (H, W, 3) uint8 RGB.
        """
        masks = _masks(instances.get('masks'))
        boxes = _array(instances.get('bboxes')) if self.draw_boxes else None
        scores = _array(instances.get('scores')) if self.draw_scores else None
        drawn = draw_instances(image, masks, boxes, scores, self.alpha)
        self.set_image(drawn)
        return drawn


def save_image(image: np.ndarray, path: str | os.PathLike[str]) -> Path:
    """Write (H, W, 3) uint8 RGB to a file, making its folder.

    Args:
        image (np.ndarray): The picture.
        path (str | PathLike): The file; its suffix names the format.

    Returns:
        Path: The file.

    Raises:
        OSError: If it cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1])):
        raise OSError(f'could not write {path}')
    return path


def _array(values) -> np.ndarray | None:
    """Tensors, box structures and arrays as numpy."""
    values = getattr(values, 'tensor', values)
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().numpy()
    return values


def _masks(masks) -> np.ndarray | None:
    """Tensors, BitmapMasks and PolygonMasks as (N, H, W) bool."""
    if hasattr(masks, 'to_ndarray'):
        masks = masks.to_ndarray()
    masks = _array(masks)
    return None if masks is None else np.asarray(masks).astype(bool)
