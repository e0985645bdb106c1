"""Predictions of a trained model on the scenes of a dataset."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint

from mmcuts3d.engine.innermost import innermost_config
from mmcuts3d.registry import DATASETS, MODELS

from ..structures import Scene, SceneInstances, Segments
from .pseudo_mask_scenes import PseudoMaskScenes


def load_model(
    config: Config, checkpoint: str | Path, device: str | None = None
) -> BaseModel:
    """A trained model, ready to predict.

    Args:
        config (Config): Of its training.
        checkpoint (str | Path): Its weights.
        device (str, optional): Defaults to None: a GPU where there is one.

    Returns:
        BaseModel: In evaluation mode.

    Raises:
        ValueError: If the file of weights is not there.
    """
    if not Path(checkpoint).is_file():
        raise ValueError(
            f'Expected a checkpoint, but there is no file {checkpoint}.'
        )
    init_default_scope(config.get('default_scope', 'mmdet'))
    model = MODELS.build(config.model)
    load_checkpoint(model, str(checkpoint), map_location='cpu', strict=True)
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    return model.to(device).eval()


def scenes_to_predict(config: Config, labels: str | Path) -> PseudoMaskScenes:
    """The scenes of a training, as they are: not augmented.

    Args:
        config (Config): Of the training, with a ``test_pipeline``.
        labels (str | Path): Folder of labels, whose segments are taken.

    Returns:
        PseudoMaskScenes: The dataset.
    """
    init_default_scope(config.get('default_scope', 'mmdet'))
    settings = {**innermost_config(config.train_dataloader.dataset)}
    settings.update(labels=str(labels), pipeline=config.test_pipeline)
    return DATASETS.build(settings)


@torch.no_grad()
def predict_scenes(
    model: BaseModel, dataset: PseudoMaskScenes, indices: Iterable[int]
) -> Iterator[tuple[str, SceneInstances]]:
    """Predict, one scene at a time.

    Args:
        model (BaseModel): A trained one.
        dataset (PseudoMaskScenes): Whose pipeline does not augment.
        indices (Iterable[int]): Of the scenes.

    Yields:
        tuple: Name and instances of a scene, best first.
    """
    for index in indices:
        batch = pseudo_collate([dataset[index]])
        (sample,) = model.test_step(batch)
        found = sample.pred_instances
        yield (
            sample.name,
            SceneInstances(
                found.masks.cpu().numpy(),
                found.scores.cpu().numpy(),
                Segments(sample.of_vertex.astype('int32'), sample.edges),
            ),
        )


class ScenePredictor:
    """A trained model that takes any scene.

    Args:
        config (Config): Of the training, with a ``labeler`` whose segmenter
            cuts a scene into segments, and a ``test_pipeline``.
        checkpoint (str | Path): Weights.

    Raises:
        ValueError: If the config lacks an entry, or there are no weights.
    """

    def __init__(self, config: Config, checkpoint: str | Path) -> None:
        needed = ('labeler', 'test_pipeline')
        missing = [key for key in needed if config.get(key) is None]
        if missing:
            raise ValueError(
                f'Expected the config of a training with {missing}, but it '
                'has none.'
            )
        self.model = load_model(config, checkpoint)
        self.pipeline = config.test_pipeline
        self.segmenter = config.labeler.segmenter

    def __call__(self, scene: Scene) -> SceneInstances:
        """Predict.

        Args:
            scene (Scene): In no dataset.

        Returns:
            SceneInstances: Best first.
        """
        dataset = PseudoMaskScenes(
            [scene], pipeline=self.pipeline, segmenter=self.segmenter
        )
        ((_, found),) = predict_scenes(self.model, dataset, [0])
        return found
