"""Checkpoints that are not what was asked for, and the converter tool."""

import runpy
import sys

import pytest
import torch
from helpers import ROOT

from mmcuts3d.models.features.architectures import check_architecture
from mmcuts3d.models.features.convert import convert_to_mmpretrain
from mmcuts3d.models.features.vit_keys import ViTKeys
from mmcuts3d.models.features.weights import WeightsError, load_weights


def official_state(dims=24, layers=2, patch_size=8, grid=4):
    """A ViT in the names of the official files."""
    sizes = {
        'cls_token': (1, 1, dims),
        'pos_embed': (1, 1 + grid * grid, dims),
        'patch_embed.proj.weight': (dims, 3, patch_size, patch_size),
        'patch_embed.proj.bias': (dims,),
        'norm.weight': (dims,),
        'norm.bias': (dims,),
    }
    for i in range(layers):
        for name, rows, columns in (
            ('attn.qkv', 3 * dims, dims),
            ('attn.proj', dims, dims),
            ('mlp.fc1', 4 * dims, dims),
            ('mlp.fc2', dims, 4 * dims),
        ):
            sizes[f'blocks.{i}.{name}.weight'] = (rows, columns)
            sizes[f'blocks.{i}.{name}.bias'] = (rows,)
        for name in ('norm1', 'norm2'):
            sizes[f'blocks.{i}.{name}.weight'] = (dims,)
            sizes[f'blocks.{i}.{name}.bias'] = (dims,)
    return {name: torch.rand(shape) for name, shape in sizes.items()}


ARCH = {
    'embed_dims': 24,
    'num_layers': 2,
    'num_heads': 3,
    'feedforward_channels': 96,
}


def test_result_fits_mmpretrain_and_converts_to_itself(tmp_path):
    state = convert_to_mmpretrain(official_state())
    module = ViTKeys(ARCH, 8, image_size=32, out='tokens')
    assert set(state) == set(module.backbone.state_dict())
    again = convert_to_mmpretrain(
        {'state_dict': {f'backbone.{k}': v for k, v in state.items()}}
    )
    assert all(again[k] is state[k] for k in state) and len(again) == len(
        state
    )


def test_student_on_request():
    teacher, student = official_state(), official_state()
    both = {'teacher': teacher, 'student': student}
    state = convert_to_mmpretrain(both)
    assert state['cls_token'] is teacher['cls_token']
    state = convert_to_mmpretrain(both, key='student')
    assert state['cls_token'] is student['cls_token']
    with pytest.raises(ValueError, match=r"`key` to name .*'ema'"):
        convert_to_mmpretrain(both, key='ema')


@pytest.mark.parametrize(
    ('state', 'found'),
    [
        ((768, 12, 16), "'base' .*768.*12 layers.*patch size 16"),
        ((384, 12, 16), "'small' .*384.*12 layers.*patch size 16"),
        ((24, 2, 8), r'none of the named ones \(embed_dims 24, 2 layers'),
    ],
)
def test_wrong_architecture_says_which_and_what_was_expected(state, found):
    dims, layers, patch_size = state
    state = convert_to_mmpretrain(official_state(dims, layers, patch_size))
    with pytest.raises(
        ValueError,
        match=r"file\.pth to hold a ViT of arch 'small' .*384.*12 layers.*"
        'patch size 8.*but got arch ' + found,
    ):
        check_architecture(state, 'small', 8, 'file.pth')


def test_module_refuses_another_architecture(tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(official_state(), path)
    with pytest.raises(ValueError, match=r"weights\.pth .*arch 'small'.*24"):
        ViTKeys('small', 8, path)


def remove(name):
    def change(state):
        del state[name]

    return change


def add(name, *shape):
    return lambda state: state.update({name: torch.zeros(*shape)})


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (remove('blocks.1.attn.qkv.bias'), r'without layers\.1\.attn\.qkv\.b'),
        (remove('norm.weight'), r'without ln1\.weight'),
        (remove('patch_embed.proj.weight'), 'one ViT .*but got 0'),
        (add('blocks.0.ls1.gamma', 24), r'no place for: blocks\.0\.ls1'),
        (add('register_tokens', 1, 4, 24), 'no place for: register_tokens'),
        (add('blocks.0.attn.q_bias', 24), 'no place for'),
        (add('other.patch_embed.proj.weight', 1), 'one ViT .*but got 2'),
    ],
)
def test_other_networks_are_refused(change, message):
    state = official_state()
    change(state)
    with pytest.raises(ValueError, match=message):
        convert_to_mmpretrain(state)


def test_position_embedding_must_be_square():
    state = convert_to_mmpretrain(official_state())
    state['pos_embed'] = torch.zeros(1, 16, 24)
    with pytest.raises(ValueError, match=r'square grid.*\(1, 16, 24\)'):
        check_architecture(state, ARCH, 8)


def test_heads_and_decoders_are_left_out():
    state = official_state()
    expected = set(convert_to_mmpretrain(state))
    for name in ('head.weight', 'fc_norm.bias', 'decoder_blocks.0.norm1.bias'):
        state[name] = torch.zeros(1)
    assert set(convert_to_mmpretrain(state)) == expected


@pytest.mark.parametrize('checkpoint', [[1, 2], torch.zeros(1)])
def test_not_a_checkpoint(checkpoint):
    with pytest.raises(ValueError, match='`checkpoint` to be a dict'):
        convert_to_mmpretrain(checkpoint)


def test_unreadable_and_unsafe_files(tmp_path):
    path = tmp_path / 'weights.pth'
    path.write_bytes(b'<html>quota exceeded</html>')
    with pytest.raises(WeightsError, match=r'weights\.pth cannot be read'):
        load_weights(path)
    torch.save({'model': official_state(), 'hook': print}, path)
    with pytest.raises(WeightsError, match='weights_only=True'):
        load_weights(path)


@pytest.fixture
def run_tool(monkeypatch):
    def run(*args):
        tool = ROOT / 'tools' / 'model_converters' / 'vit_to_mmpretrain.py'
        monkeypatch.setattr(sys, 'argv', [str(tool), *map(str, args)])
        runpy.run_path(str(tool), run_name='__main__')

    return run


def test_tool_writes_what_the_module_reads(run_tool, tmp_path):
    source, target = tmp_path / 'official.pth', tmp_path / 'out' / 'mm.pth'
    torch.save({'model': official_state()}, source)
    run_tool(source, target)
    images = torch.rand(1, 3, 32, 32) * 255
    official, converted = (
        ViTKeys(ARCH, 8, path, image_size=32)(images)
        for path in (source, target)
    )
    torch.testing.assert_close(converted, official, rtol=0, atol=0)
    assert [p.name for p in target.parent.iterdir()] == ['mm.pth']


def test_tool_refuses_another_architecture(run_tool, tmp_path, capsys):
    source, target = tmp_path / 'official.pth', tmp_path / 'mm.pth'
    torch.save(official_state(), source)
    with pytest.raises(SystemExit) as end:
        run_tool(source, target, '--arch', 'small', '--patch-size', 8)
    assert end.value.code == 1
    assert "to hold a ViT of arch 'small'" in capsys.readouterr().err
    assert not target.exists()
