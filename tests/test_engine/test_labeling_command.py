"""The command that labels a folder, from its arguments to its files."""

import importlib.util
import json

import pytest
import torch
from helpers import ROOT
from helpers.labeling import CONFIG, BrightnessLabeler
from pycocotools.coco import COCO

from mmcuts3d.engine.labeling import reports
from mmcuts3d.labels import read_labels
from mmcuts3d.registry import MODELS


@pytest.fixture
def tool():
    path = ROOT / 'tools' / 'generate_pseudo_labels.py'
    spec = importlib.util.spec_from_file_location('generate_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def command(images, tmp_path):
    config = tmp_path / 'config.py'
    lines = [f'{key} = {value!r}' for key, value in CONFIG.items()]
    config.write_text('\n'.join(lines))
    out = str(tmp_path / 'out')
    return [str(config), '--images', str(images), '--out', out]


def test_the_command_labels_and_resumes(tool, command, images, tmp_path):
    assert tool.main(command) == 3  # one is no image
    path = tmp_path / 'out' / 'pseudo_labels.json'
    assert len(COCO(str(path)).getImgIds()) == 6
    content = path.read_bytes()
    BrightnessLabeler.seen = []
    assert tool.main(command) == 3
    assert len(BrightnessLabeler.seen) == 1
    assert path.read_bytes() == content
    changed = [*command, '--cfg-options', 'model.threshold=300']
    with pytest.raises(ValueError, match='overwrite'):
        tool.main(changed)
    assert tool.main([*changed, '--overwrite']) == 3
    assert read_labels(path)['annotations'] == []


def test_the_command_takes_ids_and_weights(tool, command, images, tmp_path):
    ann_file = tmp_path / 'some.json'
    rows = [{'id': 90, 'file_name': '5.png'}, {'id': 8, 'file_name': '1.png'}]
    ann_file.write_text(json.dumps({'images': rows}))
    weights = tmp_path / 'weights.pth'
    model = MODELS.build(CONFIG['model'])
    torch.save({'state_dict': model.state_dict()}, weights)
    options = ['--ann-file', str(ann_file), '--checkpoint', str(weights)]
    assert tool.main([*command, *options]) == 0
    labels = read_labels(tmp_path / 'out' / 'pseudo_labels.json')
    assert [image['id'] for image in labels['images']] == [8, 90]


def test_the_command_refuses_weights_of_another_model(tool, command, tmp_path):
    weights = tmp_path / 'weights.pth'
    torch.save({'state_dict': {'other.weight': torch.zeros(1)}}, weights)
    with pytest.raises(RuntimeError, match=r'other\.weight'):
        tool.main([*command, '--checkpoint', str(weights)])


def test_the_command_fails_when_every_image_failed(tool, command, images):
    for path in images.iterdir():
        path.write_bytes(b'')
    assert tool.main(command) == 1


def test_the_last_line_says_how_many_failed_and_where(
    tool, command, images, tmp_path, monkeypatch
):
    lines = []
    for level in ('info', 'warning'):
        monkeypatch.setattr(
            tool.MMLogger, level, lambda self, line: lines.append(line)
        )
    assert tool.main(command) == 3
    assert lines[-1] == f'1 of 7 images failed: {tmp_path}/out/errors.json'
    assert '6 masks in 6 images' in lines[-3]
    assert lines[-2].startswith('3.png: ')
    (images / '3.png').unlink()
    lines.clear()
    assert tool.main([*command, '--overwrite', '--device', 'cpu']) == 0
    assert 'failed' not in ' '.join(lines)


def test_a_page_is_left_unless_it_is_not_wanted(
    tool, command, tmp_path, capsys
):
    page = tmp_path / 'out' / 'report.html'
    assert tool.main([*command, '--report', 'none']) == 3
    assert not page.exists()
    assert tool.main(command) == 3  # nothing is left to label but the page
    assert capsys.readouterr().err == ''
    text = page.read_text('utf-8')
    assert 'Best images' in text and '3.png' in text
    # A labeler without steps has no eigenvectors to show.
    assert 'eigenvector' not in text
    assert tool.main([*command, '--report-images', '0']) == 3
    assert 'Best images' not in page.read_text('utf-8')


def test_a_page_that_fails_costs_nothing(
    tool, command, tmp_path, capsys, monkeypatch
):
    def full(*_, **__):
        raise OSError('No space left on device')

    path = tmp_path / 'out' / 'pseudo_labels.json'
    assert tool.main([*command, '--report', 'none']) == 3
    content = path.read_bytes()
    monkeypatch.setattr(reports, 'write_label_report', full)
    assert tool.main(command) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith('OSError: No space left on device')
    assert path.read_bytes() == content
    assert not (tmp_path / 'out' / 'report.html').exists()


def test_help_names_the_exit_codes(tool, capsys):
    with pytest.raises(SystemExit):
        tool.main(['--help'])
    text = ' '.join(capsys.readouterr().out.split())
    assert 'exit codes: 0, all images are labeled; 1, ' in text
    assert '3, some images failed' in text
