"""The configs of docs/depth.md, built, and what its tables say."""

import numpy as np
import pytest
from helpers.docs import page, python_blocks

from mmcuts3d.models.depth import DepthFromFiles, normalise_depth
from mmcuts3d.models.depth.from_transformers import FAMILIES
from mmcuts3d.models.depth.kinds import NUMBERS
from mmcuts3d.registry import MODELS

PAGE = page('depth.md')
BLOCKS = python_blocks(PAGE)
KINDS = [
    'metric',
    'inverse',
    'affine-invariant inverse',
    'metric',
    'metric',
]
DISTANCES = np.array([[2.0, 4.0], [8.0, 16.0]])


def built(block):
    names = {}
    exec(block, names)
    return MODELS.build(names['depth'])


def test_every_kind_and_family_is_on_the_page():
    assert all(f"| `'{numbers}'` |" in PAGE for numbers in NUMBERS)
    text = PAGE.lower().replace(' ', '')
    assert [f for f in FAMILIES if f.replace('_', '') not in text] == []


@pytest.mark.parametrize(('block', 'numbers'), zip(BLOCKS, KINDS, strict=True))
def test_the_configs_build(block, numbers):
    source = built(block)
    assert source.kind.numbers == numbers
    assert source.clip == 'auto'


@pytest.mark.parametrize(
    ('place', 'numbers'),
    [
        (0, 1000 * DISTANCES),
        (1, 721.5 * 0.54 / DISTANCES),
        (2, 7 - DISTANCES),
        (3, 5000 * DISTANCES),
    ],
)
def test_the_configs_give_depth(place, numbers):
    kind = built(BLOCKS[place]).kind
    found = normalise_depth(kind.read(numbers), **kind.settings())
    np.testing.assert_allclose(found, (DISTANCES - 2) / 14, atol=1e-6)


def test_the_ray_of_the_last_config():
    kind = built(BLOCKS[4]).kind
    distances = np.full((480, 640), 300.0)
    distances[:, 0] = 10
    found = kind.read(distances)
    assert found[239, 320] == 100
    x, y = (0 - 319.5) / 525, (0 - 239.5) / 525
    assert found[0, 0] == pytest.approx(10 / np.sqrt(1 + x**2 + y**2))


@pytest.mark.parametrize(
    ('short', 'numbers'),
    [
        ({}, 'affine-invariant'),
        ({'direction': 'near_is_small'}, 'affine-invariant'),
        ({'direction': 'near_is_large'}, 'affine-invariant inverse'),
        ({'unit': 'cm'}, 'metric'),
    ],
)
def test_the_short_settings(short, numbers):
    assert DepthFromFiles('data', **short).kind.numbers == numbers
