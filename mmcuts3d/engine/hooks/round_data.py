"""The data of a round: whether its labels are whole, and can be replaced."""

from pathlib import Path

from mmengine.dataset import BaseDataset

from mmcuts3d.datasets import ImageFolder
from mmcuts3d.datasets.transforms import CutS3DPseudoLabeler
from mmcuts3d.labels import LABEL_FILE, MANIFEST
from mmcuts3d.labels.own_files import SUMMARY


def is_whole(labels: Path) -> bool:
    """Whether the labels of a round are there, and finished."""
    if labels.is_dir():
        return (labels / SUMMARY).exists()
    return labels.exists()


def check_labels_in_file(dataset: BaseDataset) -> None:
    """Labels made on the fly cannot be merged, nor replaced by a file."""
    transforms = getattr(getattr(dataset, 'pipeline', None), 'transforms', [])
    path = Path(str(dataset.ann_file))
    is_there = path.is_file() or any(
        (path / name).is_file() for name in (LABEL_FILE, MANIFEST)
    )
    on_the_fly = isinstance(dataset, ImageFolder) or any(
        isinstance(transform, CutS3DPseudoLabeler) for transform in transforms
    )
    if on_the_fly or not is_there:
        how = ' with labels made on the fly' if on_the_fly else ''
        raise ValueError(
            'Expected `train_dataloader` to read its labels from a file that '
            f'a round can replace, but got {type(dataset).__name__}{how} and '
            f'the `ann_file` {str(dataset.ann_file)!r}: make the labels first '
            '(tools/generate_pseudo_labels.py, or train_cfg=dict(type='
            "'mmcuts3d.LabelThenTrainLoop', ...)) and train on them with "
            "dict(type='mmcuts3d.PseudoLabelDataset', ann_file=...)."
        )


def merge_over(base: dict, changes: dict) -> None:
    """Put settings over others, in place; inside of dicts too."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge_over(base[key], value)
        else:
            base[key] = value
