"""The teacher labels for each kind of detector, in a run that is short."""

import math

import pytest
from helpers import ROOT
from helpers.mixed import small_run, write_labels
from mmengine.hooks import Hook
from mmengine.runner import Runner

CONFIGS = ROOT / 'configs'
TEACHER = {
    'type': 'mmcuts3d.OnlineTeacherHook',
    'begin': 1,
    'score_thr': 0.0,  # of a detector that has learned nothing
    'max_per_image': 4,
    'iou_thr': 0.0,  # its masks replace the labels that they touch
    'momentum': 0.5,
}
DETECTORS = [
    *sorted((CONFIGS / 'online_teacher').glob('*_imagenet.py')),
    *sorted((CONFIGS / 'mixed').glob('*.py')),
]


class _Seen(Hook):
    """Instances of each image, and losses, of each iteration."""

    def __init__(self):
        self.numbers, self.losses = [], []

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.numbers.append(
            [len(one.gt_instances) for one in data_batch['data_samples']]
        )
        self.losses.append(
            {k: float(v.detach()) for k, v in outputs.items() if 'loss' in k}
        )


@pytest.fixture(scope='module')
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp('scenes')
    write_labels(folder)
    return folder


@pytest.mark.parametrize(
    'path', DETECTORS, ids=lambda path: path.stem.split('_')[0]
)
def test_it_labels_for_any_detector(path, scenes, monkeypatch):
    monkeypatch.chdir(scenes)
    config = small_run(path, scenes, max_iters=2)
    config.custom_hooks = [dict(TEACHER)]
    # Predictions lie in the frame of what the detector sees, flipped or not.
    pipeline = config.train_dataloader.dataset.dataset.pipeline
    flips = [one for one in pipeline if one.type.endswith('RandomFlip')]
    assert flips
    for flip in flips:
        flip.prob = 1.0
    for key in ('val_dataloader', 'val_evaluator', 'val_cfg'):
        config.pop(key)
    runner = Runner.from_cfg(config)
    seen = _Seen()
    runner.register_hook(seen)
    teacher = next(
        hook
        for hook in runner.hooks
        if type(hook).__name__ == 'OnlineTeacherHook'
    )
    found = []
    predict = teacher._predict

    def spy(model, batch):
        samples = predict(model, batch)
        found.extend(samples)
        return samples

    monkeypatch.setattr(teacher, '_predict', spy)
    runner.train()
    assert len(found) == 2  # the second batch alone
    for sample in found:
        masks = sample.pred_instances.masks
        assert tuple(masks.shape[1:]) == tuple(sample.img_shape[:2])
    for losses in seen.losses:
        assert losses and all(map(math.isfinite, losses.values()))
