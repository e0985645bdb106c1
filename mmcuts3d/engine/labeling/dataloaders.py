"""Dataloaders of a labeling job: over a folder, over a part of a dataset."""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.runner import Runner
from torch.utils.data import DataLoader, SequentialSampler


def folder_dataloader(
    dataloader: dict, images: str | Path, ann_file: str | Path | None = None
) -> dict:
    """Point a test dataloader at a folder of images.

    A dataset of another type than ``ImageFolder`` is replaced by one with
    its pipeline, in which ``LoadImageFromFile`` becomes ``LoadImage``:
    then an unreadable file ends in the error list instead of the run.

    Args:
        dataloader (dict): Config of a test dataloader, left as it is.
        images (str | Path): The folder, or another input that
            :func:`~mmcuts3d.datasets.image_source` knows.
        ann_file (str | Path, optional): COCO file with the images to take
            and their ids. Defaults to None: all of the folder.

    Returns:
        dict: Config of the dataloader.

    Raises:
        ValueError: If the dataset has no pipeline.
    """
    dataloader = copy.deepcopy(dict(dataloader))
    dataset = dict(dataloader['dataset'])
    if not dataset.get('pipeline'):
        raise ValueError(
            'Expected the dataset of the test dataloader to have a '
            f'`pipeline`, but got keys {sorted(dataset)}.'
        )
    # Here: mmdet's data sets print when they are imported.
    from mmcuts3d.datasets import image_source

    source = image_source(images, ann_file)
    if str(dataset.get('type')).rpartition('.')[2] != 'ImageFolder':
        dataset = {
            'type': 'mmcuts3d.ImageFolder',
            'pipeline': [_robust(step) for step in dataset['pipeline']],
        }
    dataset.update(source, data_root='', test_mode=True)
    return {**dataloader, 'dataset': dataset}


def subset_dataloader(
    dataloader: dict, dataset: Any, indices: Sequence[int]
) -> DataLoader:
    """Batches of a part of a dataset, in order, and of no other part.

    Args:
        dataloader (dict): Config of a dataloader; its sampler, which may
            share the images out among processes, is not used.
        dataset (Any): The dataset, built.
        indices (Sequence[int]): Images to take.

    Returns:
        DataLoader: The batches.
    """
    config = {
        key: value
        for key, value in dataloader.items()
        if key not in ('dataset', 'sampler', 'batch_sampler')
    }
    part = dataset.get_subset(list(indices))
    return Runner.build_dataloader(
        {**config, 'dataset': part, 'sampler': SequentialSampler(part)}
    )


def image_root(dataset: Any) -> str:
    """Folder that the names of a dataset's images are relative to.

    Args:
        dataset (Any): The dataset, built.

    Returns:
        str: The folder.

    Raises:
        ValueError: If the dataset states none.
    """
    prefix = dict(dataset.data_prefix)
    root = prefix.get('img') or prefix.get('img_path')
    if not root:
        raise ValueError(
            f"Expected a dataset with `data_prefix['img']`, but got {prefix}."
        )
    return str(root)


def _robust(step: dict) -> dict:
    if str(step.get('type')).rpartition('.')[2] != 'LoadImageFromFile':
        return step
    loader = {'type': 'mmcuts3d.LoadImage'}
    if step.get('backend_args'):
        loader['backend_args'] = step['backend_args']
    return loader
