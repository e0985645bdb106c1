"""Presets: what they are, how they are changed, and what is refused."""

from typing import get_args

import numpy as np
import pytest
from helpers.cuts import NO_CRF

from mmcuts3d.cuts import (
    PRESETS,
    Creases,
    CutS3D,
    LocalCut,
    MaskCut,
    Preset,
    Refinement,
    Selection,
    SemanticCut,
    Sharpening,
    preset,
)

PARTS = ('semantic', 'local', 'selection', 'refine')
PLAIN = ('num_instances', 'early_stop', 'paint', 'max_eigenvalue', 'score')


def settings_of(cutter):
    return {name: getattr(cutter, name) for name in (*PARTS, *PLAIN)}


def test_the_names_are_those_of_the_type():
    assert tuple(PRESETS) == get_args(Preset)


@pytest.mark.parametrize('name', PRESETS)
def test_each_is_built_and_cuts(squares, name):
    scene = squares()
    cutter = CutS3D.from_preset(name, refine=NO_CRF)
    got = cutter(scene.image, scene.features, scene.depth)
    if name == 'paper-v1':
        # To the letter, the first cut takes a single patch off.
        assert got.patch_masks[0].sum() == 1
        assert not (got.patch_masks & ~scene.both).any()
    else:
        found = {mask.tobytes() for mask in got.patch_masks}
        assert found == {scene.left.tobytes(), scene.right.tobytes()}


def test_presets_are_told_apart():
    made = [settings_of(CutS3D.from_preset(name)) for name in PRESETS]
    for place, one in enumerate(made):
        assert all(one != other for other in made[:place])


def test_the_plain_name_is_the_paper():
    plain = settings_of(CutS3D())
    assert plain == settings_of(CutS3D.from_preset('paper'))
    assert plain == settings_of(CutS3D.from_preset())
    assert plain == settings_of(CutS3D(semantic={}, local={}, refine={}))
    assert preset() == preset('paper') == {}


def test_values_of_the_paper():
    """Supplement, Table 7, and the text of the sections."""
    cutter = CutS3D()
    assert cutter.num_instances == 3
    assert cutter.semantic.tau_ncut == 0.13
    assert cutter.local.tau_knn == 0.115
    assert cutter.local.tau_knn_min == 0.05
    assert cutter.local.num_cuts == 6
    np.testing.assert_allclose(
        cutter.local.taus, [0.05, 0.063, 0.076, 0.089, 0.102, 0.115]
    )
    assert cutter.semantic.sharpening.beta == 0.45
    # Nodes of found patches are removed, points outside pushed back, single
    # terminals at max x and min |x|; masks are judged as MaskCut does.
    assert cutter.semantic.removal == 'delete'
    assert cutter.semantic.corner_rule == 'published'
    assert cutter.local.outside == 'push'
    assert cutter.local.terminals == 'points'
    assert (cutter.local.source, cutter.local.sink) == ('peak', 'abs')
    assert cutter.selection == MaskCut().selection
    assert cutter.refine == MaskCut().refine
    # Nothing of ours.
    assert cutter.local.creases is None
    assert cutter.selection.min_separation == 0
    assert cutter.max_eigenvalue == 2
    assert cutter.score == 'confidence'


def test_values_of_maskcut():
    """As its published code has them."""
    cutter = MaskCut()
    assert cutter.num_instances == 3
    assert cutter.semantic == SemanticCut(
        tau_ncut=0.15,
        eps=1e-5,
        sharpening=None,
        corner_rule='published',
        removal='zero',
    )
    assert cutter.selection == Selection(
        max_iou=0.5,
        compare='previous',
        min_area=0.01,
        judge_first=False,
        min_separation=0,
        remove_rejected=False,
    )
    assert cutter.refine == Refinement(
        crf=True, min_crf_iou=0.5, rest='background'
    )


def test_values_of_ours():
    guarded = CutS3D.from_preset('guarded')
    assert guarded.local == LocalCut(source='large', terminals='discs')
    assert guarded.semantic == SemanticCut(
        corner_rule='any_sign', removal='exclude'
    )
    assert guarded.selection == Selection(
        compare='all', judge_first=True, remove_rejected=True
    )
    assert guarded.refine == Refinement(rest='unknown')
    touching = CutS3D.from_preset('touching')
    assert touching.local == LocalCut(
        source='large', terminals='discs', outside='drop', creases=Creases()
    )
    adaptive = CutS3D.from_preset('adaptive')
    assert adaptive.local == touching.local
    assert adaptive.num_instances == 10
    assert adaptive.selection.min_separation == 0.7
    assert adaptive.selection.judge_first
    assert adaptive.score == 'separation'


def test_literal_first_version():
    cutter = CutS3D.from_preset('paper-v1')
    assert cutter.local == LocalCut(
        outside='drop', capacity='distance', pooling='mean'
    )
    assert cutter.early_stop == 0.95
    assert cutter.semantic == SemanticCut()


def test_changes_are_merged_inside_of_parts():
    plain = CutS3D.from_preset('touching')
    cutter = CutS3D.from_preset(
        'touching',
        num_instances=5,
        local={'k': 8, 'creases': {'weight': 3.0}},
        semantic={'sharpening': {'beta': 0.2}},
    )
    assert cutter.num_instances == 5
    assert cutter.local == LocalCut(
        source='large',
        terminals='discs',
        outside='drop',
        k=8,
        creases=Creases(weight=3.0),
    )
    assert cutter.semantic == SemanticCut(
        corner_rule='any_sign',
        removal='exclude',
        sharpening=Sharpening(beta=0.2),
    )
    assert cutter.selection == plain.selection
    assert cutter.refine == plain.refine


def test_a_part_of_a_preset_is_switched_off_or_replaced():
    off = {'local': {'creases': None}, 'semantic': {'sharpening': None}}
    cutter = CutS3D.from_preset('touching', **off)
    assert cutter.local.creases is None
    assert cutter.local.outside == 'drop'
    assert cutter.semantic.sharpening is None
    own = LocalCut(k=9)
    assert CutS3D.from_preset('touching', local=own).local is own
    back = CutS3D.from_preset('guarded', local={'creases': {}})
    assert back.local.creases == Creases()


@pytest.mark.parametrize('name', PRESETS)
def test_changes_do_not_leak(name):
    before = settings_of(CutS3D.from_preset(name))
    changed = preset(name, local={'creases': {'weight': 7.0}, 'k': 3})
    changed['local']['creases']['weight'] = 9.0
    changed.setdefault('semantic', {})['eps'] = 0.5
    changed.setdefault('selection', {})['max_iou'] = 0.1
    given = {'k': 5, 'creases': {'weight': 4.0}}
    made = preset(name, local=given)
    made['local']['creases']['weight'] = 5.0
    assert given == {'k': 5, 'creases': {'weight': 4.0}}
    assert settings_of(CutS3D.from_preset(name)) == before


@pytest.mark.parametrize(
    'name,changes,words',
    [
        ('papr', {}, "`preset` .* got 'papr' .did you mean 'paper'?"),
        ('Touching', {}, "'Touching' .did you mean 'touching'?"),
        ('published', {}, "`preset` .*'adaptive'.*, but got 'published'"),
        (None, {}, '`preset` .* but got None'),
        ('paper', {'lokal': {}}, "`CutS3D` .*'lokal' .did you mean 'local'?"),
        ('paper', {'num_instance': 4}, "did you mean 'num_instances'?"),
        ('paper', {'local': {'zscale': 4}}, "`local` .*mean 'z_scale'?"),
        (
            'touching',
            {'local': {'creases': {'wight': 1}}},
            "`creases` .*'wight' .did you mean 'weight'?",
        ),
        (
            'guarded',
            {'semantic': {'sharpening': {'beat': 1}}},
            "`sharpening` .*'beat' .did you mean 'beta'?",
        ),
        ('paper', {'selection': {'max_area': 1}}, "mean 'min_area'?"),
        ('paper', {'refine': {'rests': 1}}, "`refine` .*mean 'rest'?"),
        # Settings as they were called before there were parts.
        ('paper', {'z_scale': 4}, "'z_scale', which is a setting of `local`"),
        ('paper', {'crf': False}, "'crf', which is a setting of `refine`"),
        ('paper', {'beta': 0.2}, 'which is a setting of `semantic.sharpening'),
        ('paper', {'crease': 0.0}, "`CutS3D` .* but got 'crease'"),
    ],
)
def test_unknown_names_offer_the_nearest(name, changes, words):
    with pytest.raises(ValueError, match=words.replace('?', r'\?')):
        CutS3D.from_preset(name, **changes)


def test_unknown_names_of_maskcut():
    assert MaskCut.from_settings(num_instances=2).num_instances == 2
    with pytest.raises(ValueError, match="'crf', which is a .* `refine`"):
        MaskCut.from_settings(crf=False)
    with pytest.raises(ValueError, match="`MaskCut` .*mean 'semantic'"):
        MaskCut.from_settings(semantics={})
    with pytest.raises(ValueError, match="among .*, but got 'local'"):
        MaskCut.from_settings(local={})


def test_settings_of_a_part_of_maskcut_stay_its_own():
    cutter = MaskCut(semantic={'solver': 'dense'})
    assert cutter.semantic.tau_ncut == 0.15
    assert cutter.semantic.removal == 'zero'
    assert cutter.semantic.sharpening is None
    assert cutter.semantic.solver == 'dense'
