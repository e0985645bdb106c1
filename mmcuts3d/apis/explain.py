"""What lands in the output folder: predictions, and how they were cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from mmdet.structures import DetDataSample
from mmengine import dump
from PIL import Image
from torch import nn

from mmcuts3d.cuts import CutStep, PseudoInstances
from mmcuts3d.cuts.spatial import LocalCut
from mmcuts3d.visualization import (
    Cloud,
    build_point_cloud,
    draw_cut,
    removed_edges,
    render_view,
    save_edges,
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
        local_cut (LocalCut, optional): What cut in 3D. Defaults to None,
            nothing did.
    """

    steps: list[CutStep]
    depth: np.ndarray | None
    local_cut: LocalCut | None = None


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


def take_explanation(
    sample: DetDataSample, model: nn.Module
) -> Explanation | None:
    """Take the steps of the cut out of a model's prediction; None without."""
    if 'cut_steps' not in sample:
        return None
    steps = sample.pop('cut_steps')
    local_cut = getattr(getattr(model, 'cut', None), 'local', None)
    return Explanation(list(steps), sample.pop('cut_depth', None), local_cut)


def save_prediction(
    name: str, prediction: dict[str, Any], out_dir: str | os.PathLike[str]
) -> None:
    """Write ``preds/NAME.json``."""
    target = Path(out_dir, 'preds', f'{name}.json')
    target.parent.mkdir(parents=True, exist_ok=True)
    dump(prediction, str(target))


def save_index_masks(
    name: str, sample: DetDataSample, out_dir: str | os.PathLike[str]
) -> None:
    """Write ``masks/NAME.png``: (H, W) uint16, 0 for the background.

    The n-th instance is n; where instances overlap a pixel is of the one with
    the highest score.
    """
    instances = sample.pred_instances.cpu()
    indices = np.zeros(sample.ori_shape[:2], np.uint16)
    if 'masks' in instances:
        masks = instances.masks.numpy().astype(bool)
        for index in np.argsort(instances.scores.numpy(), kind='stable'):
            indices[masks[index]] = index + 1
    target = Path(out_dir, 'masks', f'{name}.png')
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(indices).save(target)


def save_explanation(
    data: Prepared,
    sample: DetDataSample,
    explanation: Explanation | None,
    out_dir: str | os.PathLike[str],
    cloud: bool = True,
    edges: bool = False,
) -> None:
    """Write the pictures and clouds of the cut, if there was one.

    Args:
        data (Prepared): The image.
        sample (DetDataSample): Its prediction.
        explanation (Explanation, optional): How it was cut.
        out_dir (str | PathLike): The folder.
        cloud (bool): Whether the cloud is rendered too. Defaults to True.
        edges (bool): Whether that picture has the removed edges too.
            Defaults to False.
    """
    if explanation is None or not explanation.steps:
        return
    name = data.item.name
    instances = sample_to_instances(sample)
    picture = None
    if explanation.depth is not None:
        target = Path(out_dir, 'clouds', f'{name}.ply')
        lifted = _save_clouds(explanation, data.image, instances, target)
        if not edges:
            lifted = replace(lifted, line_ends=np.zeros((0, 2, 3)))
        if cloud:
            picture = render_view(lifted)
            save_image(picture, target.with_suffix('.png'))
    sheet = draw_cut(
        data.image,
        explanation.steps,
        instances,
        explanation.depth,
        picture,
        title=name,
    )
    save_image(sheet, Path(out_dir, 'cuts', f'{name}.png'))


def _save_clouds(
    explanation: Explanation,
    image: np.ndarray,
    instances: PseudoInstances,
    target: Path,
) -> Cloud:
    """Write the cloud, the painted one and the edges; the painted one."""
    plain, painted = (
        build_point_cloud(
            image,
            explanation.depth,
            instances.masks,
            confidences=instances.confidences,
            paint=paint,
        )
        for paint in (False, True)
    )
    save_ply(plain, target)
    save_ply(painted, beside(target, 'painted'))
    if explanation.local_cut is None:
        return painted
    edges = removed_edges(
        explanation.local_cut, explanation.steps, image=image
    )
    save_edges(edges, beside(target, 'edges'))
    return replace(painted, line_ends=edges)


def beside(cloud: Path, what: str) -> Path:
    """``NAME.painted.ply`` or ``NAME.edges.ply`` beside ``NAME.ply``."""
    return cloud.with_name(f'{cloud.stem}.{what}.ply')
