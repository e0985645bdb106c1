"""Labeling: one job, for every caller, run by executors that know nothing
of models."""

from ..executors import run_labeling
from .dataloaders import folder_dataloader
from .fingerprint import labeling_fingerprint, weights_fingerprint
from .job import LabelingJob
from .merging import merge_job
from .result import (
    EXIT_CODES,
    EXIT_NONE_LABELED,
    EXIT_SOME_FAILED,
    LabelingResult,
)

__all__ = [
    'EXIT_CODES',
    'EXIT_NONE_LABELED',
    'EXIT_SOME_FAILED',
    'LabelingJob',
    'LabelingResult',
    'folder_dataloader',
    'labeling_fingerprint',
    'merge_job',
    'run_labeling',
    'weights_fingerprint',
]
