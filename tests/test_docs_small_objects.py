"""The configs of docs/small_objects.md, built; its table of defaults."""

from dataclasses import fields

import pytest
from helpers import ROOT
from helpers.docs import page, python_blocks
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmcuts3d.cuts import SecondLook
from mmcuts3d.engine.labeling.fingerprint import labeling_fingerprint
from mmcuts3d.registry import MODELS

PAGE = page('small_objects.md')
BLOCKS = python_blocks(PAGE)


def built(block, tmp_path):
    """The labeler of a block that stands beside the configs."""
    folder = ROOT / 'configs' / 'cuts3d'
    path = tmp_path / 'config.py'
    path.write_text(block.replace("['", f"['{folder.as_posix()}/"))
    init_default_scope('mmdet')
    return MODELS.build(Config.fromfile(path).model)


def test_a_config_turns_the_second_look_on(tmp_path):
    look = built(BLOCKS[0], tmp_path).second_look
    assert (look.zoom, look.overlap) == (3, 0.25)
    assert len(look.windows((60, 60))) == 16


def test_a_config_keeps_smaller_masks(tmp_path):
    labeler = built(BLOCKS[2], tmp_path)
    assert labeler.second_look is None
    assert labeler.cut.num_instances == 10
    assert labeler.cut.selection.min_area == 0.0025


def test_the_pipeline_is_read_as_it_stands():
    pipeline = Config.fromstring(BLOCKS[1], '.py').pipeline
    assert [step['type'] for step in pipeline][1] == 'mmdet.Resize'
    assert pipeline[1]['scale'] == (960, 960)


@pytest.mark.parametrize('field', fields(SecondLook), ids=lambda f: f.name)
def test_the_table_has_the_defaults(field):
    assert f'| `{field.name}` | {field.default} |' in PAGE


def test_labels_of_another_second_look_are_others():
    models = [
        {'type': 'mmcuts3d.MaskCutLabeler', **looks}
        for looks in ({}, {'second_look': {}}, {'second_look': {'zoom': 2}})
    ]
    assert len({labeling_fingerprint(model) for model in models}) == 3
