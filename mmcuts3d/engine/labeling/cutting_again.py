"""Images of finished labels, cut once more: how did they come about?"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from mmcuts3d.evaluation.metrics.dump_pseudo_labels import (
    name_in_store,
    prediction_record,
)
from mmcuts3d.labels import ImageRecord
from mmcuts3d.reporting.label_report import CutAgain

from .dataloaders import image_root, subset_dataloader
from .job import LabelingJob
from .models import build_model


def cut_again(
    job: LabelingJob, records: Sequence[ImageRecord]
) -> Mapping[str, CutAgain]:
    """Cut some images once more, as the job did, and keep the steps.

    Args:
        job (LabelingJob): With a labeler by its config.
        records (Sequence[ImageRecord]): The labels that it made.

    Returns:
        Mapping[str, CutAgain]: By file name, without images that fail this
        time; empty where the model is no labeler. ``same`` says whether each
        mask of the labels is found again, whatever their least score was.
    """
    dataset, root = job.dataset, image_root(job.dataset)
    known = {record.file_name: record for record in records}
    indices = [
        index
        for index in range(len(dataset))
        if name_in_store(dataset.get_data_info(index)['img_path'], root)
        in known
    ]
    if not indices or isinstance(job.model, nn.Module):
        return {}
    model = build_model(job.model, job.checkpoint, job.device)
    if not hasattr(model, 'keep_steps'):
        return {}
    model.keep_steps = True
    model.eval()
    # Few images: workers would cost more than they give.
    loader = {**job.dataloader, 'num_workers': 0, 'persistent_workers': False}
    found = {}
    with torch.no_grad():
        for data in subset_dataloader(loader, dataset, indices):
            for sample in model.test_step(data):
                values = sample.to_dict()
                if values.get('error') is not None:
                    continue
                name = name_in_store(values['img_path'], root)
                made = prediction_record(values, name, 0.0, sys.maxsize)
                found[name] = CutAgain(
                    sample.get('cut_steps', ()),
                    sample.get('cut_depth'),
                    _masks(known[name]) <= _masks(made),
                )
    return found


def _masks(record: ImageRecord) -> set[Any]:
    return {row['segmentation']['counts'] for row in record.annotations}
