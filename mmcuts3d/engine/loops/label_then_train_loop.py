"""Label first, train then: the first half of CutS3D as one training run."""

from typing import Any

from mmengine.dist import barrier
from mmengine.logging import print_log
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import IterBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from mmcuts3d.registry import LOOPS

from ..labeling import label_folder, labeling_fingerprint


@LOOPS.register_module()
class LabelThenTrainLoop(IterBasedTrainLoop):
    """Iteration-based training that makes its labels before it begins.

    Labels that are there already are used again; a run that stopped while
    labelling goes on with the images that are left.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader or dict): Training data; its dataset reads the
            ``pseudo_labels.json`` in ``labels['out_dir']``.
        max_iters (int): Training iterations, all rounds together.
        labels (dict): ``model``, config of a labeller; ``dataloader``,
            config of the images to label; ``out_dir``, folder of the label
            store.
        **kwargs: See :class:`mmengine.runner.IterBasedTrainLoop`.

    Raises:
        ValueError: If ``labels`` has other keys, or no image got a label.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict,
        max_iters: int,
        labels: dict,
        **kwargs: Any,
    ) -> None:
        if set(labels) != {'model', 'dataloader', 'out_dir'}:
            raise ValueError(
                'Expected argument `labels` to have `model`, `dataloader` and '
                f'`out_dir`, but got {sorted(labels)}.'
            )
        self.label_statistics = make_labels(runner, **labels)
        super().__init__(runner, dataloader, max_iters, **kwargs)


def make_labels(
    runner: Runner, model: dict, dataloader: dict, out_dir: str
) -> dict[str, float]:
    """Label the images of a dataloader with a labeller of its own.

    Args:
        runner (Runner): Names the device.
        model (dict): Config of the labeller.
        dataloader (dict): Config of a test dataloader.
        out_dir (str): Folder of the label store.

    Returns:
        dict[str, float]: Statistics of the labels.

    Raises:
        ValueError: If no image got a label.
    """
    print_log(f'Labelling into {out_dir}', logger='current')
    # Some datasets are made on first use: before a model looks into them.
    dataset = DATASETS.build(dataloader['dataset'])
    labeler = MODELS.build(model)
    labeler.to(next(runner.model.parameters()).device)
    statistics = label_folder(
        labeler,
        {**dataloader, 'dataset': dataset},
        out_dir,
        fingerprint=labeling_fingerprint(model, dataloader['dataset']),
    )
    barrier()
    print_log(f'Labels: {statistics}', logger='current')
    if not statistics['num_masks']:
        raise ValueError(
            f'Expected pseudo-labels in {out_dir} to train on, but got none '
            f'from {statistics["num_images"]} images '
            f'({statistics["num_errors"]} errors, see errors.json there).'
        )
    return statistics
