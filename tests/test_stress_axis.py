"""The stress axis of benchmarks/quality does to images what its rows say."""

import importlib
import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import ROOT

from mmcuts3d.cuts import CutS3D, MaskCut
from mmcuts3d.evaluation.functional.bootstrap import Interval
from mmcuts3d.labels import instance_to_annotation

PARTS = ('classes', 'cutting', 'depths', 'features', 'measuring', 'methods')


@pytest.fixture(scope='module')
def axis():
    """The modules of benchmarks/quality, which are found by its folder."""
    folder = str(ROOT / 'benchmarks' / 'quality')
    sys.path.insert(0, folder)
    names = (*PARTS, 'rows', 'writing')
    found = {n: importlib.import_module(f'stress_axis.{n}') for n in names}
    found['cases'] = importlib.import_module('cases')
    found['stress'] = importlib.import_module('stress')
    yield SimpleNamespace(**found)
    sys.path.remove(folder)


@pytest.fixture
def case(axis):
    """Two boxes before a wall, of one category."""
    masks = np.zeros((2, 120, 120), bool)
    masks[0, 20:60, 20:60] = True
    masks[1, 70:100, 60:110] = True
    depth = np.where(masks[0], 0.2, np.where(masks[1], 0.4, 1.0))
    entry = {'id': 7, 'file_name': '7.png', 'height': 120, 'width': 120}
    rows = [
        {
            **instance_to_annotation(mask, 1.0),
            'image_id': 7,
            'category_id': 3,
            'iscrowd': 0,
        }
        for mask in masks
    ]
    image = np.zeros((480, 480, 3), np.uint8)
    features = np.random.default_rng(0).normal(size=(16, 60, 60))
    return axis.cases.Case(entry, rows, image, features, depth)


CLASSES = np.repeat(np.arange(3), 20)[:, None].repeat(60, 1)


def cosines(features):
    """Mean cosine of two patches far apart, of one class and of two."""
    unit = features / np.linalg.norm(features, axis=0)
    bands = [unit[:, 20 * k : 20 * k + 20].reshape(64, -1) for k in range(3)]
    left = [unit[:, 20 * k : 20 * k + 20, :8].reshape(64, -1) for k in (0, 2)]
    right = [unit[:, 20 * k : 20 * k + 20, 52:] for k in (0, 2)]
    right = [part.reshape(64, -1) for part in right]
    same = [np.mean(a.T @ b) for a, b in zip(left, right, strict=True)]
    return np.mean(same), np.mean(bands[0].T @ bands[2])


def test_directions_of_classes_have_the_cosine_of_the_issue(axis):
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(64, 64)))[0]
    found = axis.features.class_directions(basis[:5])
    expected = np.full((5, 5), 0.02)
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(found @ found.T, expected, atol=1e-12)


@pytest.mark.parametrize('noise', [0.0, 0.2, 0.4, 0.7, 1.0])
@pytest.mark.parametrize('offset', [0.0, 0.3])
def test_noise_and_offset_give_their_cosines(axis, noise, offset):
    mixture = axis.features.noisy(noise, offset)
    features = axis.features.class_features(5, CLASSES, mixture)
    assert features.shape == (64, 60, 60) and features.dtype == np.float32
    same, two = cosines(features)
    plain = np.array([1, 0.02]) / (1 + noise**2)
    expected = offset + (1 - offset) * plain
    np.testing.assert_allclose([same, two], expected, atol=0.015)


def test_noise_is_as_long_as_said_beside_the_signal(axis):
    make, noisy = axis.features.class_features, axis.features.noisy
    signal = make(5, CLASSES, noisy(0.0))
    np.testing.assert_allclose(np.linalg.norm(signal, axis=0), 1, rtol=1e-5)
    rest = make(5, CLASSES, noisy(0.7)) * np.sqrt(1.49) - signal
    lengths = np.linalg.norm(rest, axis=0)
    assert np.sqrt(np.mean(lengths**2)) == pytest.approx(0.7, rel=0.01)


def test_rows_of_an_image_differ_by_what_they_name_only(axis):
    make, noisy = axis.features.class_features, axis.features.noisy
    signal = make(5, CLASSES, noisy(0.0))
    some = make(5, CLASSES, noisy(0.2)) * np.sqrt(1.04) - signal
    more = make(5, CLASSES, noisy(1.0)) * np.sqrt(2) - signal
    np.testing.assert_allclose(5 * some, more, atol=1e-5)
    again = make(5, CLASSES, noisy(0.2)) * np.sqrt(1.04) - signal
    np.testing.assert_array_equal(some, again)
    other = make(6, CLASSES, noisy(0.0))
    assert abs(cosines(signal)[0] - cosines(other)[0]) < 1e-5
    assert np.abs(signal - other).max() > 0.1


@pytest.mark.parametrize(
    ('name', 'same', 'two'),
    [
        ('dino-keys', 0.45, 0.06),
        ('dinov2-tokens', 0.60, 0.21),
        ('dinov3-tokens', 0.75, 0.46),
    ],
)
def test_backbones_have_the_cosines_they_state(axis, name, same, two):
    mixture = axis.features.BACKBONES[name]
    found = np.mean(
        [
            cosines(axis.features.class_features(seed, CLASSES, mixture))
            for seed in range(8)
        ],
        axis=0,
    )
    np.testing.assert_allclose(found, [same, two], atol=0.04)


def test_artefacts_are_a_share_of_the_patches_and_alike(axis):
    mixture = axis.features.Mixture(signal=0.9, noise=0.1, artefacts=0.1)
    features = axis.features.class_features(1, CLASSES, mixture)
    unit = features / np.linalg.norm(features, axis=0)
    flat = unit.reshape(64, -1)
    # The signal of none of the three classes: not like its own band.
    means = [flat[:, CLASSES.ravel() == k].mean(axis=1) for k in range(3)]
    own = np.take(means, CLASSES.ravel(), axis=0)
    odd = np.sum(own.T * flat, axis=0) < 0.5
    assert odd.mean() == pytest.approx(0.1, abs=0.02)
    assert np.min(flat[:, odd].T @ flat[:, odd]) > 0.7


def test_a_mixture_is_of_shares(axis):
    with pytest.raises(ValueError, match='add up to 1'):
        axis.features.Mixture(signal=0.5, noise=0.6)
    with pytest.raises(ValueError, match='artefacts'):
        axis.features.Mixture(signal=1, noise=0, artefacts=1.5)
    with pytest.raises(ValueError, match='at least 0'):
        axis.features.noisy(-0.1)
    with pytest.raises(ValueError, match='62 classes'):
        axis.features.class_features(
            1, np.full((60, 60), 62), axis.features.noisy(0)
        )


@pytest.fixture
def ramp():
    depth = np.linspace(0, 0.5, 120)[None].repeat(100, 0)
    depth[:, 60:] += 0.5
    return depth


def test_blur_has_the_width_it_says(axis):
    point = np.zeros((200, 100))
    point[100, 50] = 1
    blurred = axis.depths.DEPTHS['blurred 6 %'](point, 1)
    assert blurred.sum() == pytest.approx(1)
    rows, columns = np.indices(point.shape)
    spread = np.sqrt(np.sum(blurred * (rows - 100) ** 2))
    assert spread == pytest.approx(0.06 * 200, rel=0.02)
    spread = np.sqrt(np.sum(blurred * (columns - 50) ** 2))
    assert spread == pytest.approx(0.06 * 100, rel=0.02)
    less = axis.depths.DEPTHS['blurred 2 %'](point, 1)
    assert less.max() == pytest.approx(9 * blurred.max(), rel=0.05)


def test_ripples_are_three_per_cent_of_the_range_and_ten_a_side(axis, ramp):
    rippled = axis.depths.DEPTHS['rippled'](ramp, 1) - ramp
    assert np.abs(rippled).max() == pytest.approx(0.03, rel=0.01)
    flat = np.zeros((256, 256))
    flat[0, 0] = 1
    wave = axis.depths.DEPTHS['rippled'](flat, 1) - flat
    spectrum = np.abs(np.fft.fft2(wave))
    row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
    signed = [n if n < 128 else n - 256 for n in (row, column)]
    assert np.hypot(*signed) == pytest.approx(10, abs=1)
    again = axis.depths.DEPTHS['rippled'](flat, 1) - flat
    np.testing.assert_array_equal(wave, again)
    assert np.abs(axis.depths.DEPTHS['rippled'](flat, 2) - flat - wave).max()


def test_depth_is_quantised_inverted_or_constant(axis, ramp):
    levels = axis.depths.DEPTHS['quantised'](ramp, 1)
    assert (
        len(
            np.unique(
                axis.depths.DEPTHS['quantised'](
                    np.linspace(0, 1, 999)[None], 1
                )
            )
        )
        == 16
    )
    assert np.abs(levels - ramp).max() <= 0.5 / 15 + 1e-12
    inverted = axis.depths.DEPTHS['inverted'](ramp, 1)
    np.testing.assert_allclose(inverted + ramp, 1)
    assert np.ptp(axis.depths.DEPTHS['constant'](ramp, 1)) == 0
    assert axis.depths.DEPTHS['as given'](ramp, 1) is ramp


def test_depth_of_a_row_is_normalised_again(axis, case):
    for row in axis.rows.stress_rows('one').values():
        depth = row.depth_of(case)
        assert depth.dtype == np.float32 and depth.min() == 0
        assert depth.max() == (0 if row.depth == 'constant' else 1)


def test_rows_change_one_thing_and_the_corners_two(axis):
    rows = axis.rows.stress_rows('several')
    base, *others = rows.values()
    assert (base.depth, base.rest) == ('as given', 'several')
    assert base.mixture == axis.features.noisy(0.4)
    corners = 0
    for row in others:
        changed = (
            (row.mixture != base.mixture)
            + (row.depth != base.depth)
            + (row.rest != base.rest)
        )
        corners += changed == 2
        assert changed == 1 or row.mixture == axis.features.noisy(0.7)
    assert corners == 7
    noises = [axis.features.noisy(n) for n in (0.0, 0.2, 0.4, 0.7, 1.0)]
    assert all(any(r.mixture == n for r in rows.values()) for n in noises)


def test_the_rest_is_one_class_or_several(axis, case):
    classes = axis.classes.classes_of('pennfudan', case)
    assert set(np.unique(classes['one'])) == {0, 1}
    thing = classes['one'] == 1
    np.testing.assert_array_equal(thing, case.patches().any(axis=0))
    np.testing.assert_array_equal(thing, classes['several'] == 1)
    assert set(np.unique(classes['several'])) == {0, 1, 2, 3}
    again = axis.classes.classes_of('pennfudan', case)
    np.testing.assert_array_equal(classes['several'], again['several'])


def test_shared_cutting_is_cutting(axis, case):
    """What methods share changes nothing, whichever ran before."""
    settings = {
        'MaskCut': {'type': 'MaskCut'},
        'touching': {'preset': 'touching'},
        'touching, 0.3': {'preset': 'touching', 'semantic': {'tau_ncut': 0.3}},
        'plain': {'preset': 'touching', 'semantic': {'sharpening': None}},
    }
    methods = axis.methods.methods_of(settings)
    classes = axis.classes.classes_of('pennfudan', case)
    rows = axis.rows.stress_rows('one')
    cutter = axis.cutting.SharedCutter(case, classes)
    for name in ('noise 0.4', 'inverted'):
        row = rows[name]
        features = row.features_of(case, classes)
        for key, method in methods.items():
            found = cutter.predictions(row, method, key)
            if isinstance(method, MaskCut):
                steps = method.steps(features)
            else:
                steps = method.steps(features, row.depth_of(case))
            shared = cutter.steps(row, method)
            assert len(shared) == len(steps)
            for one, other in zip(shared, steps, strict=True):
                np.testing.assert_array_equal(one.local_cut, other.local_cut)
                assert one.status == other.status
            assert len(found) == len(method.instances(case.image, steps))
    assert len(cutter.predictions(rows['noise 0.4'], methods['touching'], 't'))


def test_methods_are_named_on_the_command_line(axis):
    name, settings = axis.methods.named_method(
        'mine={"preset": "touching", "semantic": {"tau_ncut": 0.2}}'
    )
    methods = axis.methods.methods_of(
        {name: settings, 'all': {'preset': 'adaptive'}}, 8
    )
    assert methods['mine'].semantic.tau_ncut == 0.2
    assert methods['mine'].num_instances == 8
    assert methods['all'].num_instances == 10  # as the preset says
    assert methods['mine'].refine.crf is False
    assert axis.methods.methods_of({'a': {}}, crf=True)['a'].refine.crf is True
    assert isinstance(axis.methods.method_of({}), CutS3D)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('mine', 'Expected a method as NAME='),
        ('mine={"preset": }', 'Expected a method as NAME='),
        ('mine={"preset": "best"}', 'preset'),
        ('mine={"tau_ncut": 0.2}', 'a setting of `semantic`'),
        ('mine={"type": "CutLER"}', "'CutLER'"),
    ],
)
def test_a_wrong_method_is_refused_before_anything_runs(
    axis, text, message, capsys
):
    with pytest.raises(SystemExit):
        axis.stress.main(['pennfudan', '--method', text])
    assert message in capsys.readouterr().err


def test_a_row_that_is_none_is_refused(axis, capsys):
    with pytest.raises(SystemExit):
        axis.stress.main(['pennfudan', '--rows', 'noise 3'])
    assert "'noise 3'" in capsys.readouterr().err


def test_rows_are_named_or_by_their_beginning(axis):
    rows = axis.rows.stress_rows('one')
    named = axis.stress.rows_named
    assert [row.name for row in named(['noise 0.7'], rows)] == ['noise 0.7']
    found = [row.name for row in named(['dino', 'noise 0.2'], rows)]
    assert found[0] == 'noise 0.2' and len(found) == 5
    assert named(None, rows) == list(rows.values())


def test_objects_left_are_large_ones_of_images_that_ended(axis, case):
    (large, other) = case.annotations
    tiny = np.zeros((120, 120), bool)
    tiny[:10, :10] = True
    truth = [large, other, {**instance_to_annotation(tiny, 1.0)}]
    image = case.entry
    found = [{'image_id': 7, 'score': 1.0, **large}]

    def left(most, predictions):
        group = axis.measuring.LeftOver(most)
        rows = [{**row, 'image_id': 7, 'iscrowd': 0} for row in truth]
        return group([image], rows, predictions)

    expected = {'masks': 1.0, 'ended_early': 100.0, 'left': 50.0}
    assert left(3, found) == expected
    # With as many masks as there may be, nothing ended early.
    assert left(1, found) == {'masks': 1.0, 'ended_early': 0.0, 'left': 0.0}
    assert left(1, [])['left'] == 100.0


def cell(axis, ap50, ap, ratio, ended=0.0):
    alone = axis.measuring.alone
    values = dict.fromkeys(axis.measuring.METRICS, alone(0.0))
    values |= {'AP50': alone(ap50), 'AP': alone(ap)}
    values |= {'ended_early': alone(ended)}
    ratios = {'AP50': alone(ratio), 'AP': alone(ap)}
    return axis.measuring.Cell(values, ratios)


@pytest.fixture
def table(axis):
    return {
        'a': {'M': cell(axis, 40, 9, 1), 'C': cell(axis, 80, 50, 2)},
        'b': {'M': cell(axis, 10, 4, 1), 'C': cell(axis, 9, 30, 0.9, 25)},
        'c': {'M': cell(axis, 0, 0, 1), 'C': cell(axis, 1, 40, math.inf)},
        'd': {'M': cell(axis, 0, 0, 1), 'C': cell(axis, 0, 10, math.nan)},
    }


def test_worst_cases_of_made_numbers(axis, table):
    worst = axis.measuring.worst_cases(table)
    assert list(worst) == ['M', 'C']
    cut = worst['C']
    assert cut.mean == {'AP50': 22.5, 'AP': 32.5}
    assert cut.least == {'AP50': 0, 'AP': 10}
    assert cut.least_row == {'AP50': 'd', 'AP': 'd'}
    # 0 over 0 is no number, and counts neither as won nor as lost.
    assert cut.ratio['AP50'] == 0.9 and cut.ratio_row['AP50'] == 'b'
    assert cut.below == ['b'] and cut.ended_early == 25
    assert worst['M'].below == [] and worst['M'].ratio['AP50'] == 1


def test_tables_are_written(axis, table):
    text = axis.writing.report(table)
    lines = text.splitlines()
    place = lines.index("### AP50 over MaskCut's in the same row")
    cells = [line.split('|')[3].strip() for line in lines[place + 4 :][:4]]
    assert cells == ['2.00', '0.90', '∞', '–']
    last = [cell.strip() for cell in lines[-1].split('|')[1:-1]]
    assert last[:5] == ['C', '22.5', '32.5', '0.0', 'd']
    assert last[7:] == ['0.90', 'b', '1', '25']
    told = axis.writing.as_json(table)
    assert told['rows']['c']['C']['ratios']['AP50']['value'] is None
    assert told['rows']['a']['C']['values']['AP50']['value'] == 80
    assert told['worst']['C']['below'] == ['b']


def test_intervals_are_in_the_cells(axis, table):
    values = table['a']['C'].values | {'AP50': Interval(80.0, 70.0, 90.0)}
    table['a']['C'] = axis.measuring.Cell(values, table['a']['C'].ratios)
    assert '| 80.0 [70.0, 90.0] |' in axis.writing.report(table)


def test_a_method_is_measured_beside_maskcut(axis, case):
    found = {'row': {'MaskCut': [], 'all': []}}
    for row in case.annotations:
        found['row']['all'].append({**row, 'score': 1.0})
    found['row']['MaskCut'].append({**case.annotations[0], 'score': 1.0})
    methods = {'MaskCut': MaskCut(), 'all': CutS3D()}
    table = axis.measuring.measure([case], found, methods, False)
    cells = table['row']
    assert cells['all'].values['AP50'].value == pytest.approx(100)
    half = cells['MaskCut'].values['AP50'].value
    assert cells['all'].ratios['AP50'].value == pytest.approx(100 / half)
    assert cells['MaskCut'].values['left'].value == 50
    assert math.isnan(cells['all'].values['AP50'].low)
    alone = axis.measuring.measure(
        [case], {'row': {'all': []}}, methods, False
    )
    assert math.isnan(alone['row']['all'].ratios['AP50'].value)
