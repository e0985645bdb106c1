"""What users get wrong: each error names what was expected and what came."""

import numpy as np
import pytest

from mmcuts3d.cuts import CutS3D, MaskCut, affinity, point_cloud, pool_depth

IMAGE = np.zeros((16, 24, 3), np.uint8)
FEATURES = np.random.default_rng(0).normal(size=(5, 4, 6)).astype(np.float32)
DEPTH = np.linspace(0, 1, 24).reshape(4, 6)


def spoiled(array, value):
    array = np.array(array, float)
    array.flat[3] = value
    return array


BAD_IMAGES = [
    (IMAGE.astype(float), r'uint8 RGB, but got shape .* of float64'),
    (IMAGE[..., 0], r'\(H, W, 3\) .*, but got shape \(16, 24\) of uint8'),
    (IMAGE[..., :2], r'but got shape \(16, 24, 2\)'),
    (IMAGE.transpose(2, 0, 1), r'but got shape \(3, 16, 24\)'),
    (IMAGE[:0], r'at least one pixel, but got shape \(0, 24, 3\)'),
    (None, 'to be an array, but got None'),
]
BAD_FEATURES = [
    (FEATURES[0], r'\(C, h, w\) .*, but got shape \(4, 6\)'),
    (FEATURES[None], r'but got shape \(1, 5, 4, 6\)'),
    (FEATURES[:, :0], r'but got shape \(5, 0, 6\)'),
    (spoiled(FEATURES, np.nan), 'finite, but got 1 of 120 values NaN'),
    (spoiled(FEATURES, np.inf), 'finite, but got 1 of 120 values NaN'),
    (None, 'to be an array, but got None'),
]
BAD_DEPTHS = [
    (DEPTH * np.nan, 'finite, but got 24 of 24 values NaN'),
    (spoiled(DEPTH, np.nan), 'finite, but got 1 of 24 .*fill invalid pixels'),
    (DEPTH * 10, 'from 0 to 10; normalise metric or inverse depth'),
    (DEPTH - 0.5, 'from -0.5 to 0.5; normalise'),
    (np.full((4, 6), 65535, np.uint16), 'from 6.*e\\+04 to 6.*; normalise'),
    (DEPTH[0], r'\(h, w\) or \(H, W\), but got shape \(6,\)'),
    (DEPTH[None], r'but got shape \(1, 4, 6\)'),
    (None, 'to be an array, but got None'),
]


@pytest.mark.parametrize('image,words', BAD_IMAGES)
def test_image(image, words):
    for call in (
        lambda: MaskCut()(image, FEATURES),
        lambda: CutS3D()(image, FEATURES, DEPTH),
    ):
        with pytest.raises(ValueError, match='`image` ' + '.*' + words):
            call()


@pytest.mark.parametrize('features,words', BAD_FEATURES)
def test_features(features, words):
    for call in (
        lambda: affinity(features),
        lambda: MaskCut().steps(features),
        lambda: MaskCut()(IMAGE, features),
        lambda: CutS3D()(IMAGE, features, DEPTH),
        lambda: CutS3D().steps(features, DEPTH),
    ):
        with pytest.raises(ValueError, match='`features` .*' + words):
            call()


@pytest.mark.parametrize('depth,words', BAD_DEPTHS)
def test_depth(depth, words):
    for call in (
        lambda: CutS3D()(IMAGE, FEATURES, depth),
        lambda: CutS3D().steps(FEATURES, depth),
        lambda: pool_depth(depth, (2, 3)),
        lambda: point_cloud(depth),
    ):
        with pytest.raises(ValueError, match='`depth` .*' + words):
            call()


@pytest.mark.parametrize('shape', [(6, 4), (24, 16), (8, 12), (1, 1)])
def test_depth_of_another_size(shape):
    words = (
        r'`depth` to have the size of the image \(16, 24\) or of the '
        rf'features \(4, 6\), but got \({shape[0]}, {shape[1]}\)'
    )
    with pytest.raises(ValueError, match=words):
        CutS3D()(IMAGE, FEATURES, np.zeros(shape))


SHARED = [
    ('num_instances', 0),
    ('num_instances', 2.5),
    ('tau_ncut', 1.5),
    ('tau_ncut', 'high'),
    ('crf', 'yes'),
    ('crf', 1),
    ('crf', {'iteration': 5}),
    ('tau_ncut', float('nan')),
    ('eps', 0),
    ('max_iou', -0.1),
    ('min_area', 2),
    ('corner_rule', 'four'),
    ('solver', 'qr'),
    ('min_crf_iou', 1.1),
]
OWN = [
    ('tau_knn', 0),
    ('tau_knn', float('inf')),
    ('tau_knn_min', 0.2),
    ('num_cuts', 0),
    ('beta', 1.5),
    ('min_confidence', -1),
    ('sigma', 0),
    ('pair_rule', 'min'),
    ('k', 0),
    ('z_scale', -3),
    ('outside', 'keep'),
    ('capacity', 'cosine'),
    ('sink', 'none'),
    ('source', 'none'),
    ('pooling', 'max'),
    ('early_stop', 1.5),
    ('paint', 'all'),
    ('crf_rest', 'object'),
]


@pytest.mark.parametrize('name,value', SHARED)
def test_settings_of_both_methods(name, value):
    for method in (MaskCut, CutS3D):
        _check_setting(method, name, value)


@pytest.mark.parametrize('name,value', OWN)
def test_settings_of_cuts3d(name, value):
    _check_setting(CutS3D, name, value)


def _check_setting(method, name, value):
    expected = 'tau_m(in|ax)' if name.startswith('tau_knn') else name
    words = rf'Expected argument `({name}|{expected})` to .* but got {value!r}'
    with pytest.raises(ValueError, match=words):
        method(**{name: value})


def test_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match='tau_cut'):
        CutS3D(tau_cut=0.1)


def test_settings_are_named():
    with pytest.raises(TypeError):
        CutS3D(3)
