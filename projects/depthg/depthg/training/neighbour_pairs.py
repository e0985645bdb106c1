"""The file of neighbours that a config names, made where it lacks."""

from pathlib import Path

from mmengine.config import Config, ConfigDict

from mmcuts3d.registry import DATASETS, MODELS

from ..neighbours import find_neighbours


def make_neighbours(config: Config, pooling: str = 'moments') -> None:
    """Make the neighbours of the images of a small training.

    Large data sets take ``tools/find_neighbours.py``, which goes on where it
    was stopped.

    Args:
        config (Config): Whose ``train_dataloader.dataset`` is a
            ``PairedImages``; others are left alone.
        pooling (str): See :func:`find_neighbours`. Defaults to 'moments',
            for features of zero mean.
    """
    dataset = config.train_dataloader.dataset
    if 'neighbours' not in dataset or Path(dataset.neighbours).is_file():
        return
    images = dict(dataset.dataset)
    source = MODELS.build(ConfigDict(config.model.features))
    find_neighbours(
        DATASETS.build(images), source, dataset.neighbours, pooling=pooling
    )
