"""What lands in the output folder: predictions, and how they were cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmdet.structures import DetDataSample
from mmengine import dump
from torch import nn

from mmcuts3d.cuts import CutStep
from mmcuts3d.visualization import (
    build_point_cloud,
    draw_cut,
    render_png,
    save_image,
    save_ply,
)

from .preparing import Prepared
from .results import sample_to_instances


@dataclass(frozen=True)
class Explanation:
    """How one image was cut.

    Args:
        steps (list[CutStep]): The steps, each with the index of its
            instance; none where the cut failed.
        depth (np.ndarray, optional): (H', W') in [0, 1], 0 = nearest.
    """

    steps: list[CutStep]
    depth: np.ndarray | None


def is_labeler(model: nn.Module) -> bool:
    """Whether a model is a labeler, that can tell the steps of its cut."""
    return hasattr(model, 'keep_steps')


@contextmanager
def explaining(model: nn.Module, wanted: bool) -> Iterator[None]:
    """A labeler's predictions carry their steps in here, if wanted.

    Args:
        model (nn.Module): Of any other model predictions stay as they are.
        wanted (bool): Whether they shall.
    """
    if not (wanted and is_labeler(model)):
        yield
        return
    before, model.keep_steps = model.keep_steps, True
    try:
        yield
    finally:
        model.keep_steps = before


def take_explanation(sample: DetDataSample) -> Explanation | None:
    """Take the steps of the cut out of a prediction; None without."""
    if 'cut_steps' not in sample:
        return None
    steps = sample.pop('cut_steps')
    return Explanation(list(steps), sample.pop('cut_depth', None))


def write_outputs(
    data: Prepared,
    sample: DetDataSample,
    prediction: dict[str, Any],
    explanation: Explanation | None,
    out_dir: str | os.PathLike[str],
    cloud: bool = True,
) -> None:
    """Write ``preds/NAME.json`` and the pictures of the cut, if any.

    Args:
        data (Prepared): The image.
        sample (DetDataSample): Its prediction.
        prediction (dict): The same, ready for JSON.
        explanation (Explanation, optional): How it was cut.
        out_dir (str | PathLike): The folder.
        cloud (bool): Whether the cloud is rendered too. Defaults to True.
    """
    name = data.item.name
    target = Path(out_dir, 'preds', f'{name}.json')
    target.parent.mkdir(parents=True, exist_ok=True)
    dump(prediction, str(target))
    if explanation is not None and explanation.steps:
        _save_pictures(explanation, data.image, sample, out_dir, name, cloud)


def _save_pictures(
    explanation: Explanation,
    image: np.ndarray,
    sample: DetDataSample,
    out_dir: str | os.PathLike[str],
    name: str,
    cloud: bool,
) -> None:
    """``cuts/NAME.png`` and, with depth, ``clouds/NAME.ply`` and .png."""
    instances = sample_to_instances(sample)
    picture = None
    if explanation.depth is not None:
        lifted = build_point_cloud(image, explanation.depth, instances.masks)
        target = Path(out_dir, 'clouds', f'{name}.ply')
        save_ply(lifted, target)
        if cloud:
            drawn = render_png(lifted, target.with_suffix('.png'))
            picture = cv2.imread(str(drawn))[..., ::-1]
    sheet = draw_cut(
        image,
        explanation.steps,
        instances,
        explanation.depth,
        picture,
        title=name,
    )
    save_image(sheet, Path(out_dir, 'cuts', f'{name}.png'))
