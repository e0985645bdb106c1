"""Operations and parameters, counted by hand beside the tool."""

import pytest
import torch
from helpers.training import tiny_config
from mmdet.models.detectors import BaseDetector
from mmdet.registry import MODELS as MMDET_MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class OneConvolution(BaseDetector):
    """A detector of one convolution, 3 to 4 channels, kernel 3."""

    def __init__(self, data_preprocessor=None):
        super().__init__(data_preprocessor)
        self.layer = torch.nn.Conv2d(3, 4, 3, padding=1, bias=False)

    def extract_feat(self, batch_inputs):
        return (self.layer(batch_inputs),)

    def _forward(self, batch_inputs, batch_data_samples=None):
        return self.extract_feat(batch_inputs)

    def loss(self, *args):
        raise RuntimeError('not trained')

    def predict(self, *args):
        raise RuntimeError('not asked')


CONFIG = """
model = dict(
    type='mmcuts3d.OneConvolution',
    data_preprocessor=dict(type='mmdet.DetDataPreprocessor',
                           pad_size_divisor=32),
)
"""


def test_one_convolution_by_hand(load_tool, tmp_path, capsys):
    path = tmp_path / 'tiny.py'
    path.write_text(CONFIG)
    tool = load_tool('get_flops')
    found = tool.count(Config.fromfile(path), (60, 90))
    assert found['shape'] == (64, 96)
    assert found['flops'] == 64 * 96 * 3 * 4 * 9
    assert found['params'] == 3 * 4 * 9
    assert tool.main([str(path), '--shape', '640', '960']) == 0
    said = capsys.readouterr().out
    assert '640 x 960' in said and '0.07 G' in said


def test_parameters_of_a_cascade(load_tool):
    config = tiny_config(1)
    found = load_tool('get_flops').count(config, (64, 64))
    init_default_scope('mmdet')
    model = MMDET_MODELS.build(config.model)
    assert found['params'] == sum(p.numel() for p in model.parameters())
    assert found['flops'] > 0


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ("model = dict(type='mmcuts3d.CutS3DLabeler')\n", 'no network'),
        ('x = 1\n', 'field `model`'),
    ],
)
def test_what_cannot_be_counted(load_tool, tmp_path, text, message):
    path = tmp_path / 'tiny.py'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_tool('get_flops').main([str(path)])


def test_shape_is_checked(load_tool, capsys):
    with pytest.raises(SystemExit):
        load_tool('get_flops').main(['c.py', '--shape', '0', '9'])
    assert '--shape' in capsys.readouterr().err
