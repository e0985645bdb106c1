"""Images cut together, against each of them cut by the method alone."""

import os
import pickle

import numpy as np
import pytest
import torch
from helpers import shared_data
from helpers.batched import SCENES, assert_equal, noisy_scenes, one_by_one
from helpers.cuts import NO_CRF, touching

from mmcuts3d.cuts import CutS3D, MaskCut
from mmcuts3d.cuts.batched import BatchCutter
from mmcuts3d.cuts.batched.memory import free_memory, images_that_fit

METHODS = {
    'paper': CutS3D(refine=NO_CRF),
    'touching': touching(refine=NO_CRF),
    'adaptive': CutS3D.from_preset('adaptive', refine=NO_CRF),
    'robust': CutS3D.from_preset('robust', refine=NO_CRF),
    'costs too much': CutS3D(max_eigenvalue=0, refine=NO_CRF),
    'excluded': CutS3D(
        semantic={
            'removal': 'exclude',
            'sharpening': {'pair_rule': 'row'},
            'solver': 'dense',
        },
        refine=NO_CRF,
    ),
    'MaskCut': MaskCut(refine=NO_CRF),
    'threshold of the graph': CutS3D(
        semantic={'tau_ncut': 'auto', 'sharpening': None}, refine=NO_CRF
    ),
    'the same, sharpened': CutS3D(
        semantic={'tau_ncut': 'auto'}, max_eigenvalue=0.3, refine=NO_CRF
    ),
}


@pytest.fixture(scope='module')
def scenes():
    return noisy_scenes()


@pytest.mark.parametrize('name', METHODS)
def test_as_the_method_does_alone(name, scenes):
    method = METHODS[name]
    with BatchCutter(method) as cutter:
        got = cutter(*scenes)
    expected = one_by_one(method, *scenes)
    assert_equal(got, expected)
    # What the case is about: steps of several lengths, some without result.
    assert len({len(found.steps) for found in got}) > 1 or 'costs' in name


@pytest.fixture(scope='module')
def pooled():
    with BatchCutter(METHODS['touching'], workers=2) as cutter:
        yield cutter


@pytest.fixture(scope='module')
def expected(scenes):
    return one_by_one(METHODS['touching'], *scenes)


@pytest.mark.parametrize('number', [1, 2, 3, 5])
def test_batches_of_any_size_in_processes(number, pooled, scenes, expected):
    got = []
    for first in range(0, len(SCENES), number):
        part = slice(first, first + number)
        got += pooled(*(values[part] for values in scenes))
    assert_equal(got, expected)


def test_what_does_not_fit_into_memory_is_cut_in_turns(scenes, expected):
    with BatchCutter(METHODS['touching'], memory=1e-6) as cutter:
        assert_equal(cutter(*scenes), expected)


def test_tensors_and_surfaces(scenes, expected):
    images, features, depths = scenes
    local = METHODS['touching'].local
    with BatchCutter(METHODS['touching']) as cutter:
        got = cutter(
            images,
            [torch.from_numpy(own) for own in features],
            [
                local.surface(depth, own.shape[1:])
                for depth, own in zip(depths, features, strict=True)
            ],
        )
    assert_equal(got, expected)


def test_an_error_is_that_of_its_image(pooled, scenes, expected):
    images, features, depths = (list(values) for values in scenes)
    images[0] = images[0].astype(float)
    features[1] = features[1] * np.nan
    depths[4] = depths[4] * 2
    got = pooled(images, features, depths)
    for place, words in ((0, '`image`'), (1, '`features`'), (4, '`depth`')):
        assert isinstance(got[place], ValueError)
        assert words in str(got[place])
        with pytest.raises(ValueError) as error:
            METHODS['touching'](images[place], features[place], depths[place])
        assert str(error.value) == str(got[place])
    assert_equal(got[2:4], expected[2:4])


def test_a_killed_process_costs_nothing(scenes, expected):
    with BatchCutter(METHODS['touching'], workers=1) as cutter:
        cutter(*(values[:1] for values in scenes))
        os.kill(cutter.pool.pids[0], 9)
        assert_equal(cutter(*scenes), expected)


def test_nothing_to_do(pooled):
    assert pooled([], [], []) == []


def test_sharpening_needs_depth(scenes):
    images, features, _ = scenes
    method = MaskCut(semantic={'sharpening': {}})
    with BatchCutter(method) as cutter:
        (got,) = cutter(images[:1], features[:1])
    assert isinstance(got, ValueError) and 'for sharpening' in str(got)


def test_a_copy_cuts_too(scenes, expected):
    with BatchCutter(METHODS['touching']) as cutter:
        copy = pickle.loads(pickle.dumps(cutter))
    assert_equal(copy(*scenes), expected)


def test_memory():
    assert free_memory(torch.device('cpu'), 3) == 3e9
    assert images_that_fit(3600, 0) == 2
    # A graph of 3600 patches in float32 is 52 MB.
    few, many = images_that_fit(3600, 4e9), images_that_fit(3600, 8e9)
    assert 10 < few < 4e9 / 52e6 and few * 2 <= many <= few * 2 + 6


@pytest.mark.parametrize(
    'call,words',
    [
        (lambda: BatchCutter('CutS3D'), '`method` to be a CutS3D'),
        (lambda: BatchCutter(MaskCut(), memory=0), '`memory`'),
        (lambda: BatchCutter(MaskCut(), workers=-1), '`workers`'),
        (
            lambda: BatchCutter.from_settings(MaskCut(), worker=1),
            "mean 'workers'",
        ),
        (lambda: BatchCutter(MaskCut())([1], []), 'as images .1., but got 0'),
        (lambda: BatchCutter(CutS3D())([1], [1]), '1 and None'),
    ],
)
def test_bad_settings(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_real_images():
    names = ('000000000009', '000000000025')
    folder = shared_data('coco_photos', 'features_mobilenetv2')
    features = []
    for name in names:
        with np.load(folder / f'{name}.npz') as data:
            features.append(
                data['features'].astype(np.float32) * data['scale']
            )
    images = [np.zeros((60, 60, 3), np.uint8)] * 2
    method = MaskCut(num_instances=2, refine=NO_CRF)
    with BatchCutter(method) as cutter:
        got = cutter(images, features)
    assert_equal(got, one_by_one(method, images, features, None))
