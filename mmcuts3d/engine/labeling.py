"""Labels a folder of photographs with any detector.

One loop for the command line, for label-then-train and for self-training: a
labeller (CutS3D, MaskCut) and a trained detector are both models whose
``test_step`` fills ``pred_instances``.
"""

import copy
import hashlib
import json
import os.path as osp
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import broadcast_object_list
from mmengine.logging import print_log
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from mmcuts3d.evaluation import DumpPseudoLabels
from mmcuts3d.version import __version__

from .labeling_progress import LabelingProgress


def label_folder(
    model: nn.Module,
    dataloader: dict,
    out_dir: str | Path,
    fingerprint: str,
    overwrite: bool = False,
    score_thr: float = 0.0,
    max_per_image: int = 100,
) -> dict[str, float]:
    """Label the images of a dataloader config; go on where a run stopped.

    Images that the store in ``out_dir`` has labels of are not run again.
    In a distributed run all processes call it, each labels its share, and
    the first one writes the label file.

    Args:
        model (nn.Module): Detector on its device, wrapped or not.
        dataloader (dict): Config of the dataloader with its dataset, e.g. by
            :func:`folder_dataloader`.
        out_dir (str | Path): Folder of the label store.
        fingerprint (str): Stands for everything the labels depend on, see
            :func:`labeling_fingerprint`.
        overwrite (bool): Whether to remove labels that ``out_dir`` holds.
            Defaults to False.
        score_thr (float): Instances with a lower score are left out.
            Defaults to 0.
        max_per_image (int): Number of instances an image at most. Defaults
            to 100.

    Returns:
        dict[str, float]: ``num_images``, ``num_masks``, ``num_errors``,
        ``mean_score`` of the whole store.

    Raises:
        ValueError: If the dataset cannot be built, or ``out_dir`` holds
            labels of another fingerprint.
    """
    dataloader = copy.deepcopy(dict(dataloader))
    dataset = dataloader['dataset']
    if isinstance(dataset, dict):
        dataset = DATASETS.build(dataset)
    metric = DumpPseudoLabels(
        str(out_dir),
        fingerprint=fingerprint,
        overwrite=overwrite,
        image_root=_image_root(dataset),
        score_thr=score_thr,
        max_per_image=max_per_image,
    )
    todo = _not_done(dataset, metric)
    total = len(dataset)
    if len(todo) < total:
        print_log(
            f'{total - len(todo)} of {total} images are labelled already',
            logger='current',
        )
    if not todo:
        return metric.finish()
    dataloader['dataset'] = dataset.get_subset(todo)
    return run_labeling(model, Runner.build_dataloader(dataloader), metric)


def run_labeling(
    model: nn.Module, dataloader: DataLoader, metric: DumpPseudoLabels
) -> dict[str, float]:
    """Run a model over a dataloader and write what it predicts.

    Args:
        model (nn.Module): Detector on its device. It is left in the mode,
            training or not, in which it came.
        dataloader (DataLoader): Batches as ``test_step`` takes them.
        metric (DumpPseudoLabels): Where the predictions go.

    Returns:
        dict[str, float]: See :func:`label_folder`.
    """
    was_training = model.training
    model.eval()
    sampler = dataloader.sampler
    share = len(sampler) if hasattr(sampler, '__len__') else None
    try:
        with torch.no_grad(), LabelingProgress(share) as progress:
            for data in dataloader:
                data_samples = model.test_step(data)
                metric.process(
                    data, [sample.to_dict() for sample in data_samples]
                )
                progress.update(len(data_samples))
    finally:
        model.train(was_training)
    return metric.finish()


def folder_dataloader(
    dataloader: dict, images: str | Path, ann_file: str | Path | None = None
) -> dict:
    """Point a test dataloader at a folder of photographs.

    A dataset of another type than ``ImageFolder`` is replaced by one with
    its pipeline, in which ``LoadImageFromFile`` becomes ``LoadPhotograph``:
    then an unreadable file ends in the error list instead of the run.

    Args:
        dataloader (dict): Config of a test dataloader, left as it is.
        images (str | Path): The folder.
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
    if str(dataset.get('type')).rpartition('.')[2] != 'ImageFolder':
        dataset = {
            'type': 'mmcuts3d.ImageFolder',
            'pipeline': [_robust(step) for step in dataset['pipeline']],
        }
    dataset.update(
        data_root='',
        data_prefix={'img': osp.abspath(images)},
        ann_file=osp.abspath(ann_file) if ann_file else '',
        test_mode=True,
    )
    return {**dataloader, 'dataset': dataset}


def labeling_fingerprint(*parts: Any, checkpoint: str | None = None) -> str:
    """Hash of everything that labels depend on, the version included.

    Args:
        *parts (Any): Configs, numbers, texts.
        checkpoint (str, optional): Weights file; its content counts if it is
            a local file, else its name. Defaults to None.

    Returns:
        str: 16 hexadecimal digits.
    """
    text = json.dumps([__version__, *parts], sort_keys=True, default=_plain)
    digest = hashlib.sha256(text.encode())
    if checkpoint and osp.isfile(checkpoint):
        with open(checkpoint, 'rb') as file:
            for block in iter(lambda: file.read(1 << 20), b''):
                digest.update(block)
    else:
        digest.update(str(checkpoint).encode())
    return digest.hexdigest()[:16]


def _image_root(dataset: Any) -> str:
    root = dataset.data_prefix.get('img') or dataset.data_prefix.get(
        'img_path'
    )
    if not root:
        raise ValueError(
            "Expected a dataset with `data_prefix['img']`, but got "
            f'{dict(dataset.data_prefix)}.'
        )
    return str(root)


def _not_done(dataset: Any, metric: DumpPseudoLabels) -> list[int]:
    """Indices of the images without labels, the same in all processes."""
    todo = [
        [
            index
            for index in range(len(dataset))
            if metric.file_name(dataset.get_data_info(index)['img_path'])
            not in metric.writer.done
        ]
    ]
    broadcast_object_list(todo)
    return todo[0]


def _robust(step: dict) -> dict:
    if str(step.get('type')).rpartition('.')[2] != 'LoadImageFromFile':
        return step
    loader = {'type': 'mmcuts3d.LoadPhotograph'}
    if step.get('backend_args'):
        loader['backend_args'] = step['backend_args']
    return loader


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, 'to_dict'):
        return value.to_dict()
    return str(value)
