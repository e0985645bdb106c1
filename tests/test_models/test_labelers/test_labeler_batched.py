"""Labelers that cut the images of a batch together, with `batched`."""

import copy

import numpy as np
import pytest
import torch
from helpers.labeler import (
    assert_same_instances,
    cuts3d,
    mask_cut,
    run,
    sample,
    scene_of,
)

from mmcuts3d.cuts.batched import half_batch

TOGETHER = {'batched': {'workers': 0}}
#: Scenes without ties: see tests/test_cuts/test_batched.
SCENES = ((1, (96, 128)), (7, (128, 96)), (7, (96, 128)), (11, (96, 128)))


class Noisy(torch.nn.Module):
    """Classical features with noise, the same whatever the batch."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, images, data_samples):
        maps = self.inner(images, data_samples)
        for sample_, own in zip(data_samples, maps, strict=True):
            rng = np.random.default_rng(int(sample_.img_path.split('.')[0]))
            noise = rng.normal(size=tuple(own.shape)) * 0.6
            own += torch.from_numpy(noise.astype(np.float32))
        return maps


def noisy(labeler):
    labeler.features = Noisy(labeler.features)
    return labeler


@pytest.fixture(scope='module')
def batch():
    """Samples of two sizes, with depth maps; the third is bad."""

    def make(bad=False):
        samples = []
        for place, (seed, size) in enumerate(SCENES):
            image, depth = scene_of(seed, size)
            if bad and place == 2:
                depth = depth * np.nan
            path = f'{seed}.png'
            samples.append(
                sample(image, path, ori_shape=(150, 200), depth=depth)
            )
        return samples

    return make


@pytest.mark.parametrize('make', [cuts3d, mask_cut])
def test_as_image_by_image(make, batch):
    settings = {'cut': {'refine': {'crf': False}}}
    together = noisy(make(**settings, **TOGETHER))
    alone = noisy(make(**settings))
    assert together.cutter.pool.workers == 0 and alone.cutter is None
    for labeler in (together, alone):
        labeler.keep_steps = True
    got, expected = run(together, *batch()), run(alone, *batch())
    assert sum(len(result.pred_instances) for result in expected) > 4
    for mine, its in zip(got, expected, strict=True):
        assert_same_instances(mine.pred_instances, its.pred_instances)
        assert mine.pred_instances.masks.shape[1:] == (150, 200)
        for step, other in zip(mine.cut_steps, its.cut_steps, strict=True):
            assert (step.status, step.instance) == (
                other.status,
                other.instance,
            )
            np.testing.assert_array_equal(step.local_cut, other.local_cut)
        np.testing.assert_array_equal(mine.cut_depth, its.cut_depth)


def test_a_bad_image_fails_alone(batch):
    settings = {'cut': {'refine': {'crf': False}}}
    got = run(noisy(cuts3d(**settings, **TOGETHER)), *batch(bad=True))
    expected = run(noisy(cuts3d(**settings)), *batch(bad=True))
    for mine, its in zip(got, expected, strict=True):
        assert mine.get('error') == its.get('error')
        assert_same_instances(mine.pred_instances, its.pred_instances)
    assert ['`depth`' in (own.get('error') or '') for own in got] == [
        *(False, False, True, False)
    ]


def test_who_raises_names_the_image(batch):
    labeler = noisy(cuts3d(on_error='raise', **TOGETHER))
    with pytest.raises(ValueError, match=r'^7\.png: .*`depth`'):
        run(labeler, *batch(bad=True))


def test_features_stay_where_they_are(batch, monkeypatch):
    labeler = noisy(mask_cut(cut={'refine': {'crf': False}}, **TOGETHER))
    asked = []
    inner = type(labeler.cutter).__call__

    def spy(self, images, features, depths=None):
        asked.append([type(own) for own in features])
        return inner(self, images, features, depths)

    monkeypatch.setattr(type(labeler.cutter), '__call__', spy)
    run(labeler, *batch())
    # All images of a batch, of whatever size, in one call.
    assert asked == [[torch.Tensor] * len(SCENES)]


def test_processes_of_a_labeler(batch):
    settings = {'cut': {'num_instances': 2}}  # with the CRF
    labeler = noisy(cuts3d(**settings, batched={'workers': 1}))
    expected = run(noisy(cuts3d(**settings)), *batch())
    # A copy, such as a job makes, has processes of its own.
    for one in (labeler, copy.deepcopy(labeler)):
        for mine, its in zip(run(one, *batch()), expected, strict=True):
            assert_same_instances(mine.pred_instances, its.pred_instances)
        assert len(one.cutter.pool.pids) == 1
        one.cutter.close()


@pytest.mark.parametrize('make', [cuts3d, mask_cut])
def test_crf_on_the_device(make, batch, monkeypatch):
    asked = []
    inner = half_batch.dense_crf

    def spy(image, mask, unknown=None, **settings):
        asked.append((len(mask), settings))
        return inner(image, mask, unknown, **settings)

    monkeypatch.setattr(half_batch, 'dense_crf', spy)
    crf = {'iterations': 5}
    settings = {'cut': {'refine': {'crf': crf, 'min_crf_iou': 0.1}}}
    together = {'workers': 1, 'crf': 'device'}
    labeler = noisy(make(**settings, batched=together))
    expected = run(noisy(make(**settings)), *batch())
    assert not asked
    got = run(labeler, *batch())
    labeler.cutter.close()
    assert sum(len(result.pred_instances) for result in expected) > 4
    for mine, its in zip(got, expected, strict=True):
        assert_same_instances(mine.pred_instances, its.pred_instances)
    # Each image once, with the config's settings, where the features lie.
    assert len(asked) == len(SCENES)
    for number, given in asked:
        assert number >= 1
        assert given == {**crf, 'device': torch.device('cpu')}


@pytest.mark.parametrize('make', [cuts3d, mask_cut])
@pytest.mark.parametrize(
    'batched,words',
    [
        ({'worker': 8}, "mean 'workers'"),
        ({'workers': -1}, '`workers`'),
        ({'memory': 0}, '`memory`'),
        ({'crf': 'gpu'}, '`crf`'),
    ],
)
def test_bad_settings(make, batched, words):
    with pytest.raises(ValueError, match=words):
        make(batched=batched)
