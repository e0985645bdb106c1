"""Self-training on line: an average of the weights labels each batch.

Beyond the paper, whose rounds label all images, then train. A mean teacher
(Tarvainen and Valpola, 2017) labels the images of a batch just before the
detector, the student, trains on them; what it finds is merged with the
pseudo-labels of the batch as a round is.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from mmcv.transforms import Compose
from mmdet.structures import DetDataSample
from mmengine.hooks import EMAHook
from mmengine.runner import Runner
from torch import Tensor, nn

from mmcuts3d.registry import HOOKS

from .teaching import Prefer, kept_masks, merge_instances

Weigh = Literal['score', 'one']


@HOOKS.register_module()
class OnlineTeacherHook(EMAHook):
    """A mean teacher that labels every batch, for any detector of masks.

    The teacher is the exponential moving average of the detector, of
    ``EMAHook``: it is validated, saved and resumed as that is. It sees a
    batch as the pipeline made it; the detector sees it after ``strong``,
    which may change pixels and no places. The teacher's masks above a score
    and the pseudo-labels, one of those that are the same, are what the
    detector trains on. Labels keep their Spatial Confidence; of a teacher's
    mask it is its score, so that the mask loss counts less where the teacher
    is less sure.

    Until ``begin`` the teacher is the detector, as after the burn-in of
    Unbiased Teacher (Liu et al., 2021): an average since the first step would
    still hold weights that know nothing.

    Args:
        begin (int): Iterations that are trained on the pseudo-labels alone,
            before the teacher labels. Defaults to 0.
        score_thr (float): Masks with a higher score are taken. Defaults to
            0.7, CutLER's value for a first round.
        iou_thr (float): A pseudo-label and a mask of the teacher are the same
            where their IoU is this or higher. Defaults to 0.5 (CutLER).
        prefer (str): Which of the two stays: that of the 'teacher', the rule
            of a round, or that of the 'labels', so that the teacher adds what
            they lack. Defaults to 'teacher'.
        max_per_image (int): Masks of the teacher an image at most. Defaults
            to 30.
        weigh (str): The confidence of a teacher's mask: its 'score', or
            'one'. Defaults to 'score'.
        strong (Sequence[dict]): Transforms of ``img`` alone that only the
            detector sees, such as ``dict(type='PhotoMetricDistortion')``.
            Defaults to none.
        momentum (float): Share of the detector in each update of the
            teacher. Defaults to 0.001.
        **kwargs (Any): Those of ``EMAHook``. Its ``begin_iter``, from which
            weights are averaged, defaults to ``begin``.

    Raises:
        ValueError: If an argument is out of range; at the start of a
            training that ends before ``begin``.
    """

    def __init__(
        self,
        begin: int = 0,
        score_thr: float = 0.7,
        iou_thr: float = 0.5,
        prefer: Prefer = 'teacher',
        max_per_image: int = 30,
        weigh: Weigh = 'score',
        strong: Sequence[dict[str, Any]] = (),
        momentum: float = 0.001,
        **kwargs: Any,
    ) -> None:
        for name, value in (('score_thr', score_thr), ('iou_thr', iou_thr)):
            if not 0 <= value <= 1:
                raise ValueError(
                    f'Expected argument `{name}` to be in [0, 1], but got '
                    f'{value}.'
                )
        if begin < 0 or max_per_image < 1:
            raise ValueError(
                'Expected arguments `begin` of at least 0 and '
                f'`max_per_image` of at least 1, but got {begin} and '
                f'{max_per_image}.'
            )
        for name, word, known in (
            ('weigh', weigh, get_args(Weigh)),
            ('prefer', prefer, get_args(Prefer)),
        ):
            if word not in known:
                raise ValueError(
                    f'Expected argument `{name}` to be one of {known}, but '
                    f'got {word!r}.'
                )
        if 'begin_epoch' not in kwargs:
            kwargs.setdefault('begin_iter', begin)
        super().__init__(momentum=momentum, **kwargs)
        self.begin = begin
        self.score_thr = score_thr
        self.iou_thr = iou_thr
        self.prefer: Prefer = prefer
        self.max_per_image = max_per_image
        self.weigh: Weigh = weigh
        self.strong = Compose([dict(one) for one in strong])

    def before_train(self, runner: Runner) -> None:
        """See that there is something to teach."""
        if self.begin >= runner.max_iters:
            raise ValueError(
                'Expected argument `begin` of OnlineTeacherHook to be below '
                f'the {runner.max_iters} iterations of the training, but got '
                f'{self.begin}: the teacher would never label.'
            )
        super().before_train(runner)

    def before_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict[str, Any] | None = None,
    ) -> None:
        """Label the batch, and change what the detector sees of it."""
        if data_batch is None or runner.iter < self.begin:
            return
        found = self._predict(self.ema_model.module, data_batch)
        for sample, predicted in zip(
            data_batch['data_samples'], found, strict=True
        ):
            masks, scores = kept_masks(
                predicted.pred_instances, self.score_thr, self.max_per_image
            )
            sample.gt_instances = merge_instances(
                sample.gt_instances,
                masks,
                scores if self.weigh == 'score' else np.ones_like(scores),
                self.iou_thr,
                self.prefer,
            )
        data_batch['inputs'] = [
            self._changed(image) for image in data_batch['inputs']
        ]

    @torch.no_grad()
    def _predict(
        self, teacher: nn.Module, data_batch: dict[str, Any]
    ) -> list[DetDataSample]:
        """What the teacher finds, at the size of the batch's images."""
        samples = [_plain(sample) for sample in data_batch['data_samples']]
        was_training = teacher.training
        teacher.eval()
        try:
            data = teacher.data_preprocessor(
                {'inputs': list(data_batch['inputs']), 'data_samples': samples}
            )
            found: list[DetDataSample] = teacher(**data, mode='predict')
        finally:
            teacher.train(was_training)
        return found

    def _changed(self, image: Tensor) -> Tensor:
        """An image (3, H, W) uint8 after the strong transforms."""
        if not self.strong.transforms:
            return image
        pixels = image.permute(1, 2, 0).contiguous().numpy()
        results = {'img': pixels.copy(), 'img_shape': pixels.shape[:2]}
        changed = np.rint(self.strong(results)['img'])
        result = changed.clip(0, 255).astype(np.uint8)
        if result.shape != pixels.shape:
            raise ValueError(
                'Expected the transforms of argument `strong` to keep the '
                f'size of an image {pixels.shape}, but got {result.shape}: '
                'its masks would not fit any more.'
            )
        return torch.from_numpy(result).permute(2, 0, 1).contiguous()


def _plain(sample: DetDataSample) -> DetDataSample:
    """A sample without labels, whose image is as large as it ever was, and
    was never flipped: a cascade turns the masks of flipped images back."""
    plain = DetDataSample(metainfo=copy.copy(sample.metainfo))
    plain.set_metainfo(
        {
            'ori_shape': sample.img_shape[:2],
            'scale_factor': (1.0, 1.0),
            'flip': False,
            'flip_direction': None,
        }
    )
    return plain
