"""Label first, train then: the first half of CutS3D as one training run."""

import logging
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from mmengine.runner import IterBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from mmcuts3d.labels import LABEL_FILE, Backend
from mmcuts3d.registry import LOOPS

from ..executors.launched import silence_of
from ..innermost import innermost_config, innermost_dataset
from ..labeling import LabelingJob, run_labeling


@LOOPS.register_module()
class LabelThenTrainLoop(IterBasedTrainLoop):
    """Iteration-based training that makes its labels before it begins.

    Labels that are there already are used again; a run that stopped while
    labeling goes on with the images that are left.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader or dict): Training data; the ``ann_file`` of
            its dataset is ``labels['out_dir']``, or the
            ``pseudo_labels.json`` in it.
        max_iters (int): Training iterations, all rounds together.
        labels (dict): ``model``, config of a labeler; ``dataloader``,
            config of the images to label; ``out_dir``, folder of the label
            store; perhaps ``store``, 'jsonl' or 'parquet' (None: jsonl where
            the dataset reads ``pseudo_labels.json``, else by the number of
            images).
        **kwargs: See :class:`mmengine.runner.IterBasedTrainLoop`.

    Raises:
        ValueError: If ``labels`` has other keys, the dataset reads a file
            that a Parquet store does not have, or no image got a label.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict,
        max_iters: int,
        labels: dict,
        **kwargs: Any,
    ) -> None:
        if set(labels) - {'store'} != {'model', 'dataloader', 'out_dir'}:
            raise ValueError(
                'Expected argument `labels` to have `model`, `dataloader`, '
                f'perhaps `store`, and `out_dir`, but got {sorted(labels)}.'
            )
        store = _store_of(labels, _ann_file(dataloader))
        self.label_statistics = make_labels(
            runner, **{**labels, 'store': store}
        )
        # Labels that were there already draw no random numbers, new ones do:
        # what follows shall be the same either way.
        randomness = dict(runner.cfg.get('randomness') or {})
        runner.set_randomness(**{**randomness, 'seed': runner.seed})
        super().__init__(runner, dataloader, max_iters, **kwargs)


def _ann_file(dataloader: DataLoader | dict) -> str:
    """What the innermost dataset reads."""
    if not isinstance(dataloader, dict):
        dataset = innermost_dataset(dataloader.dataset)
        return str(getattr(dataset, 'ann_file', ''))
    return str(innermost_config(dataloader).get('ann_file', ''))


def _store_of(labels: dict, ann_file: str) -> Backend | None:
    """The backend that the dataset can read, checked before hours of work."""
    store: Backend | None = labels.get('store')
    if Path(ann_file).name != LABEL_FILE:
        return store
    if store == 'parquet':
        raise ValueError(
            f'Expected the `ann_file` of the training data to be the folder '
            f'{labels["out_dir"]}, since a Parquet store has no {LABEL_FILE}, '
            f'but got {ann_file!r}.'
        )
    return 'jsonl'


def make_labels(
    runner: Runner,
    model: dict,
    dataloader: dict,
    out_dir: str,
    store: Backend | None = None,
) -> dict[str, float]:
    """Label the images of a dataloader with a labeler of its own.

    Args:
        runner (Runner): Names the device.
        model (dict): Config of the labeler.
        dataloader (dict): Config of a test dataloader.
        out_dir (str): Folder of the label store.
        store (str, optional): 'jsonl' or 'parquet'. Defaults to None: by the
            number of images.

    Returns:
        dict[str, float]: Statistics of the labels.

    Raises:
        ValueError: If no image got a label.
    """
    print_log(f'Labeling into {out_dir}', logger='current')
    result = run_labeling(
        LabelingJob(
            model,
            dataloader,
            out_dir,
            device=next(runner.model.parameters()).device,
            store=store,
        ),
        silence_of(runner.cfg.get('env_cfg')),
    )
    print_log(result.summary, logger='current')
    if result.num_errors:
        print_log(result.failures, logger='current', level=logging.WARNING)
    if not result.num_masks:
        raise ValueError(
            f'Expected pseudo-labels in {out_dir} to train on, but got none '
            f'from {result.num_images} images ({result.num_errors} errors, '
            f'see {result.error_file}).'
        )
    return result.statistics
