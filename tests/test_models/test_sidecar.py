"""Which file belongs to which image, whatever their names are."""

import unicodedata
from types import SimpleNamespace

import pytest

from mmcuts3d.models.sidecar import SidecarFiles


def sample(path, file_name=None, shares_stem=False):
    return SimpleNamespace(
        img_path=f'images/{path}',
        file_name=file_name or path,
        shares_stem=shares_stem,
    )


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_same_sub_folder_comes_first(tmp_path):
    files = SidecarFiles(tmp_path, '.npy')
    flat = touch(tmp_path / 'x.npy')
    assert files.find(sample('n01/x.jpg')) == flat
    below = touch(tmp_path / 'n01' / 'x.npy')
    assert files.find(sample('n01/x.jpg')) == below
    assert files.find(sample('n02/x.jpg')) == flat
    assert files.find(sample('x.jpg')) == flat


def test_two_images_of_one_name_never_share_a_file(tmp_path):
    files = SidecarFiles(tmp_path, '.npy')
    touch(tmp_path / 'x.npy')
    below = touch(tmp_path / 'n01' / 'x.npy')
    assert files.find(sample('n01/x.jpg', shares_stem=True)) == below
    with pytest.raises(ValueError, match='could belong to either'):
        files.find(sample('n02/x.jpg', shares_stem=True))


def test_names_lead_nowhere_else(tmp_path):
    touch(tmp_path / 'secret.npy')
    files = SidecarFiles(tmp_path / 'depth', '.npy')
    (tmp_path / 'depth').mkdir()
    with pytest.raises(ValueError, match='but got none'):
        files.find(sample('secret.jpg', '../secret.jpg'))


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_accents_are_one_letter_or_two(tmp_path, form):
    other = {'NFC': 'NFD', 'NFD': 'NFC'}[form]
    expected = touch(tmp_path / unicodedata.normalize(form, 'café.npy'))
    image = unicodedata.normalize(other, 'café.jpg')
    assert SidecarFiles(tmp_path, '.npy').find(sample(image)) == expected


def test_a_name_with_brackets_is_no_pattern(tmp_path):
    expected = touch(tmp_path / 'photo [1].npy')
    touch(tmp_path / 'photo 1.npy')
    found = SidecarFiles(tmp_path, '.npy').find(sample('photo [1].png'))
    assert found == expected


def test_a_folder_named_by_a_number(tmp_path, monkeypatch):
    touch(tmp_path / '2024' / 'x.npy')
    monkeypatch.chdir(tmp_path)
    assert SidecarFiles(2024, '.npy').find(sample('x.png')).is_file()
    with pytest.raises(ValueError, match='`root` .*splits text at commas'):
        SidecarFiles(['a', 'b'], '.npy')


def test_control_characters_are_not_repeated(tmp_path):
    with pytest.raises(ValueError, match=r'x\\x1b\[2J\.npy') as raised:
        SidecarFiles(tmp_path, '.npy').find(sample('x\x1b[2J.png'))
    assert str(raised.value).isprintable()
