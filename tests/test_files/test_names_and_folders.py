"""Names as a terminal may show them, and what a folder holds."""

import os
import unicodedata

import pytest
from PIL import Image

from mmcuts3d.files import (
    as_path,
    find_spelled,
    first_few,
    list_images,
    shown,
)


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('photo [1].png', 'photo [1].png'),
        ('café/日本.png', 'café/日本.png'),
        ('a\nb\tc', r'a\nb\tc'),
        ('\x1b]0;title\x07', r'\x1b]0;title\x07'),
        ('\x9b2J', r'\x9b2J'),
        ('a\u202egnp.exe', r'a\u202egnp.exe'),
        (os.fsdecode(b'caf\xe9'), r'caf\udce9'),
    ],
)
def test_shown(value, expected):
    assert shown(value) == expected
    assert shown(value).isprintable()


def test_long_text_is_shortened():
    text = shown('x' * 2_000_000 + '\0')
    assert len(text) <= 310 and text.endswith(r'\x00')
    assert first_few(['a', 'b', 'c', 'd']) == 'a, b, c, ...'
    assert first_few([]) == ''


def test_as_path():
    assert str(as_path('a,b', 'root')) == 'a,b'
    assert str(as_path(2024, 'root')) == '2024'
    for value, words in (
        (['a', 'b'], 'splits text at commas'),
        (1000.0, 'turns such text into a value'),
        (True, r'\./NAME'),
        (None, 'NoneType'),
        ('', 'to be a path'),
        ('a\0b', 'null character'),
    ):
        with pytest.raises(ValueError, match=f'`root` .*{words}'):
            as_path(value, 'root')


def test_names_are_found_however_their_accents_are_spelt(tmp_path):
    forms = [unicodedata.normalize(form, 'é') for form in ('NFC', 'NFD')]
    for on_disk in forms:
        folder = tmp_path / str(len(on_disk)) / f'd{on_disk}'
        folder.mkdir(parents=True)
        (folder / f'caf{on_disk}.npy').touch()
        for asked in forms:
            found = find_spelled(
                folder.parent,
                f'd{asked}/caf{unicodedata.normalize("NFC", on_disk)}.npy',
            )
            assert found == folder / f'caf{on_disk}.npy'
            found = find_spelled(folder, f'caf{asked}.npy')
            assert found == folder / f'caf{on_disk}.npy'
    assert find_spelled(tmp_path, 'ä.npy') is None
    assert find_spelled(tmp_path, 'plain.npy') is None


@pytest.fixture
def folder(tmp_path):
    image = Image.new('RGB', (4, 4))
    for name in ('b.JPE', 'a.jfif', 'photo [1].png', 'c.tga', 'd.jp2'):
        image.save(tmp_path / name, format='PNG')
    for name in ('one', 'two', 'two/deep'):
        (tmp_path / name).mkdir()
        image.save(tmp_path / name / 'x.png')
    (tmp_path / 'one' / 'depth.npy').touch()
    (tmp_path / 'notes.txt').touch()
    (tmp_path / 'README').touch()
    (tmp_path / '.hidden.png').touch()
    (tmp_path / 'gone.png').symlink_to(tmp_path / 'nowhere.png')
    (tmp_path / 'linked.png').symlink_to(tmp_path / 'photo [1].png')
    if hasattr(os, 'mkfifo'):
        os.mkfifo(tmp_path / 'pipe.png')
    return tmp_path


TOP = ['a.jfif', 'b.JPE', 'c.tga', 'd.jp2', 'linked.png', 'photo [1].png']


def test_images_are_listed_and_the_rest_is_counted(folder):
    listing = list_images(folder)
    assert listing.images == TOP
    expected = {
        'with the ending .txt': ['notes.txt'],
        'no ending': ['README'],
        'hidden': ['.hidden.png'],
        'broken links': ['gone.png'],
        'images in sub-folders': ['one/x.png', 'two/deep/x.png', 'two/x.png'],
    }
    if hasattr(os, 'mkfifo'):
        expected['FIFOs'] = ['pipe.png']
    assert {
        kind: sorted(names) for kind, names in listing.passed_over.items()
    } == expected
    note = listing.note()
    assert '3 images in sub-folders (one/x.png, two/deep/x.png' in note
    assert '1 broken links (gone.png)' in note


def test_sub_folders_are_listed_on_request(folder):
    listing = list_images(folder, recursive=True)
    below = ['one/x.png', 'two/deep/x.png', 'two/x.png']
    assert listing.images == sorted(TOP + below)
    assert listing.passed_over['with the ending .npy'] == ['one/depth.npy']


def test_links_in_circles_end(folder):
    (folder / 'two' / 'again').symlink_to(folder)
    (folder / 'zero').symlink_to(folder / 'one')
    listing = list_images(folder, recursive=True)
    assert len([name for name in listing.images if 'x.png' in name]) == 3
    assert len(listing.passed_over['folders listed already']) == 2


def test_a_folder_of_images_alone_has_no_note(tmp_path):
    Image.new('RGB', (4, 4)).save(tmp_path / 'a.png')
    assert list_images(tmp_path).note() == ''
    with pytest.raises(ValueError, match='to be a folder'):
        list_images(tmp_path / 'a.png')


def test_many_kinds_are_summed_up(tmp_path):
    for number in range(30):
        (tmp_path / f'a.{number}x').touch()
    note = list_images(tmp_path).note()
    assert note.count(';') == 8 and '22 of 22 other kinds' in note
