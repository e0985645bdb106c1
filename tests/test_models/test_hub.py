"""Before a download: what, from where, how large, where to."""

import logging
import re
from types import SimpleNamespace

import pytest

from mmcuts3d.models import hub as module
from mmcuts3d.models.hub import size_of_weights, tell_hub_download

library = pytest.importorskip('huggingface_hub')


def file(name, size):
    return SimpleNamespace(rfilename=name, size=size)


FILES = [
    file('README.md', 5_000_000),
    file('vae/model.safetensors', 200_000_000),
    file('vae/model.fp16.safetensors', 100_000_000),
    file('unet/model.safetensors', 1_034_500_000),
    file('pytorch_model.bin', 999_000_000),
]


@pytest.fixture
def said(monkeypatch):
    """Lines of the log."""
    lines = []

    def keep(line, logger=None, level=logging.INFO):
        lines.append(line)

    monkeypatch.setattr(module, 'print_log', keep)
    return lines


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """A hub with one model, and an empty folder for it on this machine."""
    questions = []

    class Hub:
        def model_info(self, model, revision, files_metadata, timeout):
            questions.append((model, revision))
            if model != 'who/model':
                raise ConnectionError('no network')
            return SimpleNamespace(siblings=FILES)

    def snapshot(model, revision, local_files_only):
        assert local_files_only
        if not any(tmp_path.iterdir()):
            raise library.errors.LocalEntryNotFoundError('not here')
        return str(tmp_path)

    monkeypatch.setattr(library, 'HfApi', Hub)
    monkeypatch.setattr(library, 'snapshot_download', snapshot)
    monkeypatch.setattr(library.constants, 'HF_HUB_OFFLINE', False)
    return questions


def test_a_model_that_is_not_here_is_announced(said, asked):
    tell_hub_download('who/model', 'main')
    assert asked == [('who/model', 'main')]
    (line,) = said
    assert re.fullmatch(
        r'Downloading who/model, 1,234\.5 MB, once, from '
        r'https?://\S+/who/model to \S+',
        line,
    )
    assert line.endswith(library.constants.HF_HUB_CACHE)


def test_weights_that_are_here_are_not(said, asked, tmp_path):
    (tmp_path / 'config.json').touch()
    tell_hub_download('who/model')
    assert len(said) == 1  # of a download that was stopped
    (tmp_path / 'unet').mkdir()
    (tmp_path / 'unet' / 'model.safetensors').touch()
    tell_hub_download('who/model')
    assert len(said) == len(asked) == 1


def test_what_downloads_nothing_says_nothing(
    said, asked, tmp_path, monkeypatch
):
    tell_hub_download(str(tmp_path))
    tell_hub_download('who/model', local_files_only=True)
    monkeypatch.setattr(library.constants, 'HF_HUB_OFFLINE', True)
    tell_hub_download('who/model')
    assert (said, asked) == ([], [])


def test_a_hub_out_of_reach_is_left_to_who_loads(said, asked):
    tell_hub_download('who/else')
    assert said == []
    assert asked == [('who/else', None)]


@pytest.mark.parametrize(
    ('files', 'size'),
    [
        (FILES, 1_234_500_000),
        (FILES[-1:], 999_000_000),
        ([*FILES, file('more.safetensors', None)], None),
        (FILES[:1], None),
    ],
)
def test_one_format_is_counted_and_no_variant(files, size):
    assert size_of_weights(files) == size
