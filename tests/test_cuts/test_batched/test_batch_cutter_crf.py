"""Where the CRF of images that are cut together runs."""

from collections import Counter
from typing import get_args

import numpy as np
import pytest
import torch
from helpers.batched import SCENES, assert_equal, noisy_scenes, one_by_one
from helpers.cuts import touching

from mmcuts3d.cuts import CutS3D, MaskCut
from mmcuts3d.cuts.batched import BatchCutter, half_batch
from mmcuts3d.cuts.batched.half_batch import CRFPlace
from mmcuts3d.cuts.batched.memory import crf_memory

METHODS = {
    'background': touching(),
    'unknown': touching(refine={'rest': 'unknown'}),
    'settings': CutS3D(refine={'crf': {'iterations': 3}, 'min_crf_iou': 0.7}),
    'MaskCut': MaskCut(),
}


@pytest.fixture(scope='module')
def scenes():
    return noisy_scenes()


@pytest.fixture
def on_device(monkeypatch):
    """How often the CRF ran on the device, by the number of masks."""
    calls = Counter()
    inner = half_batch.dense_crf

    def spy(image, mask, unknown=None, **settings):
        calls[len(mask)] += 1
        return inner(image, mask, unknown, **settings)

    monkeypatch.setattr(half_batch, 'dense_crf', spy)
    return calls


@pytest.fixture(scope='module')
def expected(scenes):
    return {
        name: one_by_one(method, *scenes) for name, method in METHODS.items()
    }


@pytest.mark.parametrize('name', METHODS)
def test_on_the_device_as_in_the_pool(
    name, scenes, expected, on_device, monkeypatch
):
    def twice(*args, **settings):
        raise AssertionError('the CRF ran in the pool too')

    monkeypatch.setattr('mmcuts3d.cuts.refinement.dense_crf', twice)
    with BatchCutter(METHODS[name], crf='device') as cutter:
        got = cutter(*scenes)
    assert_equal(got, expected[name])
    # Once for each image that has masks, and the CRF changed some.
    assert on_device.total() == len(SCENES) - 1
    kept = [own for own in got if len(own)]
    assert kept
    coarse = [
        np.kron(mask, np.ones((8, 8), bool))
        for own in kept
        for mask in own.patch_masks
    ]
    fine = [mask for own in kept for mask in own.masks]
    assert any((a != b).any() for a, b in zip(coarse, fine, strict=True))


@pytest.mark.parametrize('number,workers', [(1, 1), (2, 2), (5, 2)])
def test_any_batch_and_pool(number, workers, scenes, expected, on_device):
    got = []
    method = METHODS['unknown']
    with BatchCutter(method, workers=workers, crf='device') as cutter:
        for first in range(0, len(SCENES), number):
            part = slice(first, first + number)
            got += cutter(*(values[part] for values in scenes))
    assert_equal(got, expected['unknown'])
    assert on_device.total() == len(SCENES) - 1


@pytest.mark.parametrize('crf', [None, 'pool'])
def test_on_a_cpu_it_stays_in_the_pool(crf, scenes, expected, on_device):
    with BatchCutter(METHODS['background'], crf=crf) as cutter:
        assert_equal(cutter(*scenes), expected['background'])
    assert not on_device


def test_on_a_gpu_it_runs_there_if_nobody_says_otherwise():
    gpu, cpu = torch.device('cuda'), torch.device('cpu')
    cutter = BatchCutter(METHODS['background'])
    assert cutter.place_of_crf(gpu) == 'device'
    assert cutter.place_of_crf(cpu) == 'pool'
    for place in get_args(CRFPlace):
        cutter = BatchCutter(METHODS['background'], crf=place)
        assert cutter.place_of_crf(gpu) == cutter.place_of_crf(cpu) == place


def test_another_place_is_refused():
    with pytest.raises(ValueError, match="mean 'device'"):
        BatchCutter(MaskCut(), crf='devise')


def test_no_crf_is_none_anywhere(scenes, on_device):
    method = touching(refine={'crf': False})
    with BatchCutter(method, crf='device') as cutter:
        assert_equal(cutter(*scenes), one_by_one(method, *scenes))
    assert not on_device


def test_an_error_of_the_crf_is_that_of_its_image(scenes):
    method = touching(refine={'crf': {'bilateral_srgb': 1e-4}})
    images, features, depths = scenes
    with BatchCutter(method, crf='device') as cutter:
        got = cutter(images, features, depths)
    for place, found in enumerate(got):
        if place == 3:  # it has no structure: no mask, no CRF
            assert len(found) == 0
            continue
        with pytest.raises(ValueError, match='bilateral_srgb') as error:
            method(images[place], features[place], depths[place])
        assert isinstance(found, ValueError)
        assert str(found) == str(error.value)


def test_memory_of_the_crf_is_left_to_it():
    # 480 x 480 pixels and three masks: a third of a gigabyte.
    assert 0.25e9 < crf_memory(480 * 480, 3) < 0.4e9
