"""Self-training: the detector labels, the labels are merged, it trains on.

CutS3D trains one such round (supplement, Table 9), CutLER three.
"""

import copy
from collections.abc import Sequence
from pathlib import Path

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import IterBasedTrainLoop, Runner

from mmcuts3d.datasets import PseudoLabelDataset
from mmcuts3d.labels import (
    Backend,
    is_sharded,
    open_store,
)
from mmcuts3d.registry import HOOKS

from ..executors.launched import silence_of
from ..innermost import innermost_config, innermost_dataset
from ..labeling import LabelingJob, merge_job, run_labeling
from ..labeling.dataloaders import image_root
from .averaged_weights import averaged_weights
from .round_data import check_labels_in_file, is_whole, merge_over
from .round_maker import RoundMaker
from .round_position import resume_round
from .round_record import RoundRecord
from .round_reports import report_rounds


@HOOKS.register_module()
class SelfTrainingHook(Hook):
    """Starts a new round of training on the detector's own predictions.

    When a round begins, the model is saved, and predicts on the training
    images, so that a run that is stopped goes on predicting; its
    confident masks, and of the labels before them those that no confident
    mask covers, become the labels to train on. The weights go on, the state
    of the optimizer does not. The labels of a round stay in ``out_dir`` as
    ``round_1.json``, ``round_2.json`` …, where a resumed run finds them; as
    folders ``round_1`` … where predictions or labels are Parquet stores.

    Beside them ``rounds.json`` has the statistics of the labels of each
    round, and the metrics of every validation. Where the run has an
    ``EMAHook``, the averaged weights predict, as they do in a validation.

    ``round_1.html`` … show what a round kept, its labels and the curves.

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

    def before_run(self, runner: Runner) -> None:
        """Rounds are made when all hooks are through with an iteration."""
        runner.register_hook(RoundMaker(self.begins, self.begin_round))

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
        self._train_on(runner, self._labels_to_resume(runner, done))
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
        """Where a round begins, so does the optimizer; schedulers follow."""
        if runner.iter + 1 not in self.begins:
            return
        runner.optim_wrapper.optimizer.state.clear()
        if self.lr is not None:
            base = runner.optim_wrapper.optimizer.defaults['lr']
            for group in runner.optim_wrapper.param_groups:
                group['lr'] = self.lr * (group['initial_lr'] / base)

    def begin_round(self, runner: Runner, number: int) -> None:
        """Make the labels of a round, and train on them from now on."""
        self._train_on(runner, self._make_labels(runner, number))

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Note what a validation measured."""
        if metrics and is_main_process():
            self.record.validated(runner.iter, metrics)

    def after_train(self, runner: Runner) -> None:
        """Add the curves of the whole training to the rounds' pages."""
        if is_main_process():
            report_rounds(runner.work_dir, self.record)

    def _labels_to_resume(self, runner: Runner, number: int) -> Path:
        """Labels of a round; of one that was being made, made now."""
        labels = self._labels_of(number)
        if is_whole(labels):
            return labels
        begin = self.begins[number - 1]
        if runner.iter == begin and (
            number == 1 or is_whole(self._labels_of(number - 1))
        ):
            return self._make_labels(runner, number)
        raise ValueError(
            f'Expected the labels of self-training round {number} in {labels} '
            f'to resume at iteration {runner.iter}, but got no such file, and '
            'cannot make them: that takes the weights of iteration '
            f'{begin} and the labels of the round before.'
        )

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
        before = self._current_labels(runner)
        if number > 1:  # a run that is resumed has the first ones here
            before = str(self._labels_of(number - 1))
        merge = merge_job(
            before,
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
                self.begins[number - 1],
                labels=labels.name,
                score_thr=score_thr,
                iou_thr=self.iou_thr,
                statistics=counted,
                before=str(before),
                predicted=folder.name,
                images=image_root(job.dataset),
            )
            report_rounds(runner.work_dir, self.record, number)
        return labels

    def _current_labels(self, runner: Runner) -> str:
        dataset = innermost_dataset(runner.train_dataloader.dataset)
        if not hasattr(dataset, 'ann_file'):
            raise ValueError(
                'Expected `train_dataloader` to have one dataset with an '
                f'`ann_file`, but got {type(dataset).__name__}.'
            )
        check_labels_in_file(dataset)
        return str(dataset.ann_file)

    def _train_on(self, runner: Runner, labels: Path) -> None:
        """Put a dataloader over other labels into the running loop."""
        config = copy.deepcopy(dict(runner.cfg.train_dataloader))
        dataset = innermost_dataset(runner.train_dataloader.dataset)
        if isinstance(dataset, PseudoLabelDataset) and (
            not self.keep_confidence
        ):
            innermost_config(config)['confidence'] = False
        merge_over(config, copy.deepcopy(dict(self.train_dataloader)))
        innermost_config(config)['ann_file'] = str(labels.absolute())
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
