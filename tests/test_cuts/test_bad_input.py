"""What users get wrong: each error names what was expected and what came."""

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from mmcuts3d.cuts import (
    PRESETS,
    Creases,
    CutS3D,
    LocalCut,
    MaskCut,
    Refinement,
    Selection,
    SemanticCut,
    Sharpening,
    affinity,
    point_cloud,
    pool_depth,
)

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
    ('semantic.tau_ncut', 1.5),
    ('semantic.tau_ncut', 'high'),
    ('semantic.tau_ncut', float('nan')),
    ('semantic.eps', 0),
    ('semantic.corner_rule', 'four'),
    ('semantic.removal', 'keep'),
    ('semantic.solver', 'qr'),
    ('semantic.sharpening.beta', 1.5),
    ('semantic.sharpening.sigma', 0),
    ('semantic.sharpening.pair_rule', 'min'),
    ('selection.max_iou', -0.1),
    ('selection.compare', 'none'),
    ('selection.min_area', 2),
    ('selection.judge_first', 'yes'),
    ('selection.min_separation', 1.1),
    ('selection.remove_rejected', 1),
    ('refine.crf', 'yes'),
    ('refine.crf', 1),
    ('refine.crf', {'iteration': 5}),
    ('refine.min_crf_iou', 1.1),
    ('refine.rest', 'object'),
]
OWN = [
    ('local.tau_knn', 0),
    ('local.tau_knn', float('inf')),
    ('local.tau_knn_min', 0.2),
    ('local.num_cuts', 0),
    ('local.k', 0),
    ('local.z_scale', -3),
    ('local.outside', 'keep'),
    ('local.capacity', 'cosine'),
    ('local.sink', 'none'),
    ('local.source', 'none'),
    ('local.terminals', 'lines'),
    ('local.pooling', 'max'),
    ('local.min_side', 2),
    ('local.creases.weight', 0),
    ('local.creases.sigma', 0),
    ('local.creases.noise', -1),
    ('early_stop', 1.5),
    ('paint', 'all'),
    ('max_eigenvalue', 3),
    ('score', 'area'),
]


@pytest.mark.parametrize('path,value', SHARED)
def test_settings_of_both_methods(path, value):
    for method in (MaskCut, CutS3D):
        _check_setting(method, path, value)


@pytest.mark.parametrize('path,value', OWN)
def test_settings_of_cuts3d(path, value):
    _check_setting(CutS3D, path, value)


def _check_setting(method, path, value):
    *parts, name = path.split('.')
    settings = {name: value}
    for part in reversed(parts):
        settings = {part: settings}
    words = rf'Expected argument `{name}` to .* but got {value!r}'
    with pytest.raises(ValueError, match=words):
        method(**settings)
    if method is CutS3D:
        for preset in PRESETS:
            with pytest.raises(ValueError, match=words):
                CutS3D.from_preset(preset, **settings)


PARTS = {
    'semantic': SemanticCut,
    'local': LocalCut,
    'selection': Selection,
    'refine': Refinement,
}


@pytest.mark.parametrize('name', PARTS)
@pytest.mark.parametrize('value', [False, 0, '', 'paper', [1], LocalCut])
def test_a_part_that_is_none(name, value):
    methods = [CutS3D] if name == 'local' else [CutS3D, MaskCut]
    if name == 'local' and value is False:
        return  # no cut in 3D, see test_without_local_cut.py
    words = f'`{name}` to be a {PARTS[name].__name__} or its settings by '
    for method in methods:
        with pytest.raises(ValueError, match=words):
            method(**{name: value})


@pytest.mark.parametrize(
    'part,name', [(SemanticCut, 'sharpening'), (LocalCut, 'creases')]
)
@pytest.mark.parametrize('value', [False, True, 2.0])
def test_a_part_of_a_part_that_is_none(part, name, value):
    with pytest.raises(ValueError, match=rf'`{name}` .* but got {value!r}'):
        part(**{name: value})


def test_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match='tau_cut'):
        CutS3D(tau_cut=0.1)


def test_settings_are_named():
    for kind in (CutS3D, MaskCut, *PARTS.values(), Sharpening, Creases):
        with pytest.raises(TypeError):
            kind(3)


def test_parts_are_not_changed_afterwards():
    for kind in (*PARTS.values(), Sharpening, Creases):
        part = kind()
        name = fields(kind)[0].name
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, getattr(part, name))
