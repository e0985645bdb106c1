"""AlphaBlend against Eq. 5, pixel by pixel."""

import numpy as np
import pytest

from mmcuts3d.datasets.transforms import AlphaBlend


def _pictures(dtype=np.uint8):
    rng = np.random.default_rng(0)
    source, target = rng.integers(0, 256, (2, 9, 7, 3)).astype(dtype)
    confidence = rng.choice([0, 0.5, 2 / 3, 5 / 6, 1], (9, 7))
    return source, target, confidence.astype(np.float32)


@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
def test_is_the_formula(dtype):
    source, target, confidence = _pictures(dtype)
    blended = AlphaBlend().blend(source, target, confidence)
    assert blended.dtype == dtype
    tolerance = 0.5 + 1e-3 if dtype == np.uint8 else 1e-3
    for index in np.ndindex(target.shape):
        sc = float(confidence[index[:2]])
        expected = sc * float(source[index]) + (1 - sc) * float(target[index])
        assert abs(float(blended[index]) - expected) <= tolerance


def test_is_exact_where_sure_and_where_nothing_is():
    source, target, confidence = _pictures()
    blended = AlphaBlend().blend(source, target, confidence)
    sure, outside = confidence == 1, confidence == 0
    assert np.array_equal(blended[sure], source[sure])
    assert np.array_equal(blended[outside], target[outside])
    assert not np.array_equal(blended, target)


def test_inputs_stay_as_they_are():
    source, target, confidence = _pictures()
    copies = [array.copy() for array in (source, target, confidence)]
    AlphaBlend().blend(source, target, confidence)
    for array, copy in zip((source, target, confidence), copies, strict=True):
        assert np.array_equal(array, copy)


def test_transform():
    source, target, confidence = _pictures()
    expected = AlphaBlend().blend(source, target, confidence)
    results = AlphaBlend()(
        {
            'img': target,
            'source_img': source,
            'source_confidence': confidence,
            'other': 1,
        }
    )
    assert results.keys() == {'img', 'other'}
    assert np.array_equal(results['img'], expected)


def test_errors():
    source, target, confidence = _pictures()
    blend = AlphaBlend().blend
    with pytest.raises(ValueError, match='source'):
        blend(source[:5], target, confidence)
    with pytest.raises(ValueError, match='confidence'):
        blend(source, target, confidence[:5])
    for wrong in (240 * confidence, confidence - 0.1, confidence * np.nan):
        with pytest.raises(ValueError, match=r'\[0, 1\]'):
            blend(source, target, wrong)
    with pytest.raises(ValueError, match='source_confidence'):
        AlphaBlend()({'img': target, 'source_img': source})


def test_alone_in_a_pipeline_it_says_where_it_belongs():
    with pytest.raises(ValueError, match='ConfidentCopyPaste') as error:
        AlphaBlend()({'img': _pictures()[1]})
    assert "blend=dict(type='mmcuts3d.AlphaBlend')" in str(error.value)
