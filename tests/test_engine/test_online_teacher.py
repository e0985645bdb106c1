"""A mean teacher labels each batch before the detector trains on it."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.training import tiny_config
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from torch import nn

from mmcuts3d.engine.hooks import OnlineTeacherHook
from mmcuts3d.engine.hooks.teaching import kept_masks, merge_instances
from mmcuts3d.registry import HOOKS

FRAME = (24, 32)


def mask_of(top, left, height, width):
    mask = np.zeros(FRAME, np.uint8)
    mask[top : top + height, left : left + width] = 1
    return mask


def labels_of(masks, level=None, boxes=HorizontalBoxes):
    masks = np.stack(masks) if masks else np.zeros((0, *FRAME), np.uint8)
    labels = InstanceData(
        bboxes=boxes(torch.zeros(len(masks), 4)),
        labels=torch.zeros(len(masks), dtype=torch.long),
        masks=BitmapMasks(masks, *FRAME),
    )
    if level is not None:
        levels = np.where(masks > 0, level, 240).astype(np.uint8)
        labels.confidences = BitmapMasks(levels, *FRAME)
    return labels


def found_of(masks, scores):
    return InstanceData(
        masks=torch.from_numpy(np.stack(masks)).bool(),
        scores=torch.tensor(scores),
    )


def test_masks_that_are_taken_are_the_surest():
    masks = [mask_of(0, 8 * k, 4, 4) for k in range(4)]
    masks[2][:] = 0
    found = found_of(masks, [0.6, 0.9, 0.95, 0.8])
    taken, scores = kept_masks(found, 0.6, 3)
    np.testing.assert_allclose(scores, [0.9, 0.8])  # the empty one is none
    np.testing.assert_array_equal(taken, [masks[1], masks[3]])
    assert len(kept_masks(found, 0.6, 1)[0]) == 0
    assert len(kept_masks(found, 0.99, 3)[0]) == 0


def test_the_rule_is_that_of_a_round():
    """IoU 0.5 with a mask that is taken: the label goes; below, it stays."""
    old = [mask_of(0, 0, 8, 8), mask_of(0, 16, 8, 8), mask_of(12, 0, 8, 8)]
    new = np.stack([mask_of(0, 0, 8, 4), mask_of(0, 16, 8, 3)])
    merged = merge_instances(
        labels_of(old, level=120), new, np.float32([1, 0.75]), 0.5
    )
    expected = [new[0], new[1], old[1], old[2]]
    np.testing.assert_array_equal(merged.masks.masks, expected)
    levels = merged.confidences.masks
    inside = [levels[k][expected[k] > 0] for k in range(4)]
    assert [set(values.tolist()) for values in inside] == [
        {240},
        {180},
        {120},
        {120},
    ]
    assert all((levels[k][expected[k] == 0] == 240).all() for k in range(4))
    assert merged.bboxes.tensor[0].tolist() == [0, 0, 4, 8]
    assert type(merged.bboxes) is HorizontalBoxes
    assert len(merged.labels) == 4


def test_labels_may_stay():
    """The teacher adds what no label covers, and replaces nothing."""
    old = [mask_of(0, 0, 8, 8), mask_of(0, 16, 8, 8)]
    new = np.stack([mask_of(0, 0, 8, 4), mask_of(12, 0, 8, 8)])
    labels = labels_of(old, level=120)
    scores = np.float32([1, 0.75])
    merged = merge_instances(labels, new, scores, 0.5, prefer='labels')
    np.testing.assert_array_equal(merged.masks.masks, [new[1], *old])
    levels = [
        int(level[mask > 0].max())
        for mask, level in zip(
            merged.masks.masks, merged.confidences.masks, strict=True
        )
    ]
    assert levels == [180, 120, 120] and len(merged.bboxes) == 3
    same = merge_instances(labels, new[:1], scores[:1], 0.5, prefer='labels')
    assert same is labels


@pytest.mark.parametrize('boxes', [HorizontalBoxes, torch.Tensor])
def test_no_labels_and_no_masks(boxes):
    new = mask_of(2, 3, 5, 6)[None]
    none = labels_of([], boxes=boxes)
    merged = merge_instances(none, new, np.float32([1]), 0.5)
    assert len(merged) == 1 and 'confidences' not in merged
    assert type(merged.bboxes) is type(none.bboxes)
    labels = labels_of([new[0]])
    assert merge_instances(labels, new[:0], np.float32([]), 0.5) is labels


def test_scores_of_instances_go_along():
    labels = labels_of([mask_of(12, 0, 8, 8)])
    labels.scores = torch.tensor([0.3])
    new = mask_of(0, 0, 8, 8)[None]
    merged = merge_instances(labels, new, np.float32([0.8]), 0.5)
    torch.testing.assert_close(merged.scores, torch.tensor([0.8, 0.3]))


def test_masks_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r'\(24, 32\), but got \(5, 5\)'):
        merge_instances(
            labels_of([]), np.ones((1, 5, 5), np.uint8), np.float32([1]), 0.5
        )


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'score_thr': 1.5}, '`score_thr`.*but got 1.5'),
        ({'iou_thr': -1}, '`iou_thr`.*but got -1'),
        ({'begin': -1}, '`begin`.*but got -1'),
        ({'max_per_image': 0}, '`max_per_image`.*and 0'),
        ({'weigh': 'iou'}, "`weigh`.*but got 'iou'"),
        ({'prefer': 'both'}, "`prefer`.*but got 'both'"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        OnlineTeacherHook(**change)


# ---- in a run ---------------------------------------------------------------


@HOOKS.register_module(force=True)
class BatchWatcher(Hook):
    """What the detector is given, after the teacher's hook and before it."""

    priority = 'VERY_HIGH'
    before, after = [], []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.before.append(copy.deepcopy(data_batch))

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ):
        self.after.append(copy.deepcopy(data_batch))


def config_with(iterations, **settings):
    config = tiny_config(iterations)
    config.custom_hooks = [
        {'type': 'mmcuts3d.BatchWatcher'},
        {
            'type': 'mmcuts3d.OnlineTeacherHook',
            'begin': 1,
            'score_thr': 0.2,  # of a detector that has learned nothing
            'momentum': 0.5,
            **settings,
        },
    ]
    return config


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp('run')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(BatchWatcher, 'before', [])
        patch.setattr(BatchWatcher, 'after', [])
        config = config_with(
            3,
            strong=[
                {'type': 'mmdet.CutOut', 'n_holes': 9, 'cutout_shape': (9, 9)}
            ],
        )
        runner = Runner.from_cfg(config)
        runner.train()
        yield SimpleNamespace(
            folder=folder,
            runner=runner,
            before=BatchWatcher.before,
            after=BatchWatcher.after,
        )


def numbers(batches):
    return [
        [len(sample.gt_instances) for sample in batch['data_samples']]
        for batch in batches
    ]


def test_it_labels_from_its_beginning_on(run):
    before, after = numbers(run.before), numbers(run.after)
    assert before[0] == after[0]
    assert before[1] != after[1] and before[2] != after[2]
    for batch in run.after[1:]:
        for sample in batch['data_samples']:
            instances = sample.gt_instances
            assert len(instances.masks) == len(instances.bboxes)
            assert len(instances.confidences) == len(instances)
            assert sample.img_shape[:2] == instances.masks.masks.shape[1:]


def test_what_it_finds_weighs_by_its_score(run):
    levels = set()
    for sample in run.after[1]['data_samples']:
        instances = sample.gt_instances
        for mask, level in zip(
            instances.masks.masks, instances.confidences.masks, strict=True
        ):
            inside = np.unique(level[mask > 0])
            if len(inside) == 1:
                levels.add(int(inside[0]))
    assert levels and min(levels) < 120  # scores a little above 0.2


def test_only_the_detector_sees_the_strong_transforms(run):
    for batch, same in ((0, True), (1, False)):
        for image, other in zip(
            run.before[batch]['inputs'],
            run.after[batch]['inputs'],
            strict=True,
        ):
            assert image.dtype == other.dtype == torch.uint8
            assert torch.equal(image, other) is same


@HOOKS.register_module(force=True)
class WeightsWatcher(Hook):
    """Weights of student and teacher when the run begins."""

    seen = {}

    def before_train(self, runner):
        teacher = runner.hooks[
            [type(hook).__name__ for hook in runner.hooks].index(
                'OnlineTeacherHook'
            )
        ]
        self.seen['student'] = copy.deepcopy(runner.model.state_dict())
        self.seen['teacher'] = copy.deepcopy(
            teacher.ema_model.module.state_dict()
        )


def test_the_teacher_is_saved_and_goes_on(run, monkeypatch):
    """A checkpoint has the teacher where others have the detector."""
    monkeypatch.chdir(run.folder)
    monkeypatch.setattr(WeightsWatcher, 'seen', {})
    config = config_with(3)
    config.custom_hooks.append({'type': 'mmcuts3d.WeightsWatcher'})
    config.resume = True
    config.load_from = 'work/iter_2.pth'
    config.work_dir = 'again'
    Runner.from_cfg(config).train()
    saved = torch.load('work/iter_2.pth', weights_only=False)
    seen = WeightsWatcher.seen
    name = 'backbone.conv1.weight'
    assert torch.equal(seen['teacher'][name], saved['state_dict'][name])
    student = saved['ema_state_dict'][f'module.{name}']
    assert torch.equal(seen['student'][name], student)
    assert not torch.equal(student, saved['state_dict'][name])


def test_a_strong_transform_that_moves_pixels_is_refused():
    hook = OnlineTeacherHook(
        strong=[{'type': 'mmdet.Resize', 'scale': (8, 8)}]
    )
    with pytest.raises(ValueError, match='`strong` to keep the size'):
        hook._changed(torch.zeros(3, 16, 16, dtype=torch.uint8))


def test_the_teacher_is_the_detector_until_it_labels():
    """An average since the first step would know less for long."""
    hook = OnlineTeacherHook(begin=3, momentum=0.5)
    model = nn.Linear(1, 1, bias=False)
    runner = SimpleNamespace(model=model, iter=0, epoch=0, max_iters=9)
    hook.before_run(runner)
    hook.before_train(runner)
    teachers = []
    for step, weight in enumerate((1.0, 4.0, 6.0, 8.0, 0.0)):
        runner.iter = step
        model.weight.data.fill_(weight)
        hook.after_train_iter(runner, step)
        teachers.append(float(hook.ema_model.module.weight))
    # At the start of step 3, the first that it labels, it is the detector.
    assert teachers == [1, 4, 6, 7, 3.5]


@pytest.mark.parametrize('more', [{'begin_epoch': 2}, {'begin_iter': 1}])
def test_another_begin_of_the_average_is_kept(more):
    hook = OnlineTeacherHook(begin=3, **more)
    assert (hook.begin_iter, hook.begin_epoch) == (
        more.get('begin_iter', 0),
        more.get('begin_epoch', 0),
    )


def test_a_teacher_that_would_never_label_is_refused():
    hook = OnlineTeacherHook(begin=3)
    runner = SimpleNamespace(model=nn.Linear(1, 1), max_iters=3, max_epochs=1)
    hook.before_run(runner)
    with pytest.raises(ValueError, match='below the 3 iterations.*got 3'):
        hook.before_train(runner)
