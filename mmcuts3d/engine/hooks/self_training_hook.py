"""Self-training: the detector labels, the labels are merged, it trains on.

CutS3D trains one such round (supplement, Table 9), CutLER three.
"""

import copy
from collections.abc import Sequence
from pathlib import Path

from mmengine.dataset import BaseDataset
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import IterBasedTrainLoop, Runner

from mmcuts3d.datasets import ImageFolder, PseudoLabelDataset
from mmcuts3d.datasets.transforms import CutS3DPseudoLabeler
from mmcuts3d.labels import (
    LABEL_FILE,
    MANIFEST,
    Backend,
    is_sharded,
    open_store,
)
from mmcuts3d.registry import HOOKS

from ..executors.launched import silence_of
from ..labeling import LabelingJob, merge_job, run_labeling
from .averaged_weights import averaged_weights
from .round_position import resume_round
from .round_record import RoundRecord


@HOOKS.register_module()
class SelfTrainingHook(Hook):
    """Starts a new round of training on the detector's own predictions.

    When a round begins, the model predicts on the training images; its
    confident masks, and of the labels before them those that no confident
    mask covers, become the labels to train on. The weights go on, the state
    of the optimizer does not. The labels of a round stay in ``out_dir`` as
    ``round_1.json``, ``round_2.json`` …, where a resumed run finds them; as
    folders ``round_1`` … where predictions or labels are Parquet stores.

    Beside them ``rounds.json`` has the statistics of the labels of each
    round, and the metrics of every validation. Where the run has an
    ``EMAHook``, the averaged weights predict, as they do in a validation.

    The learning rate of a round is the business of ``param_scheduler``,
    whose entries begin and end where the rounds do.

    Args:
        begins (Sequence[int]): Iteration at which each round begins.
        dataloader (dict): Config of a test dataloader over the training
            images.
        out_dir (str): Folder of the rounds' labels.
        score_thr (float or Sequence[float]): Predictions with a higher score
            are kept; one for all rounds or one for each. Defaults to 0.7
            (CutLER's first round; 0.65 is that of its second).
        iou_thr (float): Previous labels stay where their IoU with every kept
            prediction is lower. Defaults to 0.5 (CutLER).
        lr (float, optional): Learning rate that a round starts from, before
            its schedulers, in place of the optimizer's. What multiplies that
            one multiplies this one: ``lr_mult`` of parameter groups, and the
            batch size under ``auto_scale_lr``. Defaults to None: as it is.
        train_dataloader (dict, optional): What is new in the training
            dataloader from the first round on, for instance ``batch_size``
            or the dataset's ``pipeline``; entries not named stay, inside of
            named ones too. Defaults to None.
        keep_confidence (bool): Whether labels from before a round keep their
            Spatial Confidence. Defaults to False: a detector predicts none,
            and a round trains without any (supplement, Sec. E.3), so that
            the ``confidence`` of its PseudoLabelDataset is False, whatever
            it was.
        max_per_image (int): Predictions an image at most, the ones with the
            highest scores. Defaults to 30.
        store (str, optional): 'jsonl' or 'parquet', of the predictions.
            Defaults to None: by the number of images.

    Raises:
        ValueError: If the arguments do not fit together, the run is not
            trained by iterations, or its labels are in no file.
    """

    # After the losses are logged, before schedulers (LOW) and checkpoints.
    priority = 'BELOW_NORMAL'

    def __init__(
        self,
        begins: Sequence[int],
        dataloader: dict,
        out_dir: str,
        score_thr: float | Sequence[float] = 0.7,
        iou_thr: float = 0.5,
        lr: float | None = None,
        train_dataloader: dict | None = None,
        keep_confidence: bool = False,
        max_per_image: int = 30,
        store: Backend | None = None,
    ) -> None:
        self.begins = _rising(begins)
        if isinstance(score_thr, (int, float)):
            score_thr = [score_thr] * len(self.begins)
        self.score_thrs = list(score_thr)
        if len(self.score_thrs) != len(self.begins):
            raise ValueError(
                'Expected argument `score_thr` to have one value, or one for '
                f'each of {len(self.begins)} rounds, '
                f'but got {len(self.score_thrs)}.'
            )
        if 'dataset' not in dataloader:
            raise ValueError(
                'Expected argument `dataloader` to have a `dataset`, '
                f'but got {sorted(dataloader)}.'
            )
        self.dataloader = dataloader
        self.out_dir = Path(out_dir)
        self.iou_thr = iou_thr
        self.lr = lr
        self.train_dataloader = train_dataloader or {}
        if max_per_image < 1:
            raise ValueError(
                'Expected argument `max_per_image` to be at least 1, but got '
                f'{max_per_image}.'
            )
        self.keep_confidence = keep_confidence
        self.max_per_image = max_per_image
        self.store = store
        self.record = RoundRecord(self.out_dir)
        self._resumed_after: int | None = None

    def before_train(self, runner: Runner) -> None:
        """Check the loop; go on in the round where a resumed run stopped."""
        loop = runner.train_loop
        if not isinstance(loop, IterBasedTrainLoop):
            raise ValueError(
                'Expected `train_cfg` to be iteration-based for '
                f'SelfTrainingHook, but got {type(loop).__name__}.'
            )
        if self.begins[-1] >= loop.max_iters:
            raise ValueError(
                'Expected argument `begins` to lie before `max_iters` '
                f'{loop.max_iters}, but got {self.begins}.'
            )
        self._current_labels(runner)  # fails now rather than in days
        if self.lr is not None:
            _note_initial_rates(runner)
        self.record.resume(runner.iter)
        done = sum(begin <= runner.iter for begin in self.begins)
        if not done:
            return
        labels = self._labels_of(done)
        if not labels.exists():
            raise ValueError(
                f'Expected the labels of self-training round {done} in '
                f'{labels} to resume at iteration {runner.iter}, but got no '
                'such file; resume from a checkpoint before iteration '
                f'{self.begins[done - 1]}.'
            )
        self._train_on(runner, labels)
        self._resumed_after = runner.iter - self.begins[done - 1]

    def before_train_epoch(self, runner: Runner) -> None:
        """Go on in the round's data where the round stopped."""
        if self._resumed_after is not None:
            resume_round(runner.train_loop, self._resumed_after)
            self._resumed_after = None

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Begin the next round where its iteration has come."""
        if runner.iter + 1 not in self.begins:
            return
        number = self.begins.index(runner.iter + 1) + 1
        labels = self._make_labels(runner, number)
        self._train_on(runner, labels)
        runner.optim_wrapper.optimizer.state.clear()
        if self.lr is not None:
            base = runner.optim_wrapper.optimizer.defaults['lr']
            for group in runner.optim_wrapper.param_groups:
                group['lr'] = self.lr * (group['initial_lr'] / base)

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Note what a validation measured."""
        if metrics and is_main_process():
            self.record.validated(runner.iter, metrics)

    def _labels_of(self, number: int) -> Path:
        """The folder of a store that is there, else the file."""
        folder = self.out_dir / f'round_{number}'
        return folder if is_sharded(folder) else folder.with_suffix('.json')

    def _make_labels(self, runner: Runner, number: int) -> Path:
        """Predict, filter, merge with the labels before, write."""
        score_thr = self.score_thrs[number - 1]
        job = LabelingJob(
            runner.model,
            self.dataloader,
            self.out_dir,
            score_thr=score_thr,
            max_per_image=self.max_per_image,
            settings=runner.cfg.get('model'),
            store=self.store,
        )
        silence = silence_of(runner.cfg.get('env_cfg'))
        with averaged_weights(runner):
            # Batch statistics can differ between processes; one folder is
            # for all.
            shared = [self.out_dir / f'round_{number}_{job.fingerprint}']
            broadcast_object_list(shared)
            job.out_dir = folder = shared[0]
            print_log(
                f'Self-training round {number}: predicting into {folder}',
                logger='current',
            )
            run_labeling(job, silence)
        merge = merge_job(
            self._current_labels(runner),
            folder,
            self.out_dir / f'round_{number}',
            score_thr,
            self.iou_thr,
            self.keep_confidence,
        )
        labels: Path = run_labeling(merge, silence)
        if is_main_process():
            counted = open_store(labels).statistics().to_numbers()
            print_log(
                f'Self-training round {number}: {counted}', logger='current'
            )
            self.record.begin(
                number,
                runner.iter + 1,
                labels=labels.name,
                score_thr=score_thr,
                iou_thr=self.iou_thr,
                statistics=counted,
            )
        return labels

    def _current_labels(self, runner: Runner) -> str:
        dataset = _innermost(runner)
        if not hasattr(dataset, 'ann_file'):
            raise ValueError(
                'Expected `train_dataloader` to have one dataset with an '
                f'`ann_file`, but got {type(dataset).__name__}.'
            )
        _check_labels_in_file(dataset)
        return str(dataset.ann_file)

    def _train_on(self, runner: Runner, labels: Path) -> None:
        """Put a dataloader over other labels into the running loop."""
        config = copy.deepcopy(dict(runner.cfg.train_dataloader))
        with_use = isinstance(_innermost(runner), PseudoLabelDataset)
        if with_use and not self.keep_confidence:
            _read_by(config)['confidence'] = False
        _merge(config, copy.deepcopy(dict(self.train_dataloader)))
        _read_by(config)['ann_file'] = str(labels.absolute())
        randomness = runner.cfg.get('randomness') or {}
        loop = runner.train_loop
        loop.dataloader = runner.build_dataloader(
            config,
            seed=runner.seed,
            diff_rank_seed=randomness.get('diff_rank_seed', False),
        )
        loop.dataloader_iterator = type(loop.dataloader_iterator)(
            loop.dataloader
        )


def _read_by(config: dict) -> dict:
    """The config of the dataset that reads labels, inside of others."""
    while 'dataset' in config:
        config = config['dataset']
    return config


def _innermost(runner: Runner) -> BaseDataset:
    """The training dataset inside of MultiImageMixDataset and others."""
    dataset = runner.train_dataloader.dataset
    while hasattr(dataset, 'dataset'):
        dataset = dataset.dataset
    return dataset


def _check_labels_in_file(dataset: BaseDataset) -> None:
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


def _note_initial_rates(runner: Runner) -> None:
    """As schedulers do it: checkpoints carry them, without schedulers too."""
    if not runner.optim_wrapper.optimizer.defaults.get('lr'):
        raise ValueError(
            'Expected an optimizer with a learning rate beside the argument '
            '`lr`, but got '
            f'{type(runner.optim_wrapper.optimizer).__name__} without one.'
        )
    for group in runner.optim_wrapper.param_groups:
        group.setdefault('initial_lr', group['lr'])


def _rising(begins: Sequence[int]) -> list[int]:
    listed = list(begins) if isinstance(begins, Sequence) else []
    if not listed or sorted(set(listed)) != listed or listed[0] < 1:
        raise ValueError(
            'Expected argument `begins` to be rising iterations from 1 on, '
            f'but got {begins}.'
        )
    return listed


def _merge(base: dict, changes: dict) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
