"""File names of other tools are matched to files of the image folder."""

import unicodedata
from pathlib import Path

import pytest
from helpers.foreign_coco import NAMES, foreign

from mmcuts3d.labels.coco import match_names, parse_coco


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'images'
    folder.mkdir()
    for name in NAMES:
        (folder / name).touch()
    (tmp_path / 'outside.png').touch()
    return folder


def matched(names, folder):
    found = parse_coco(foreign(names), folder, need_sizes=False)
    return [image.file_name for image in found.images]


@pytest.mark.parametrize(
    'spell',
    [
        lambda name: name,
        lambda name: f'./{name}',
        lambda name: f'sub/../{name}',
        lambda name: f'images/{name}',
        lambda name: f'images\\{name}',
        lambda name: f'C:\\Users\\me\\images\\{name}',
        lambda name: f'/data/photos/{name}',
        lambda name: f'https://host/a/{name}?token=7',
        lambda name: name.replace(' ', '%20').replace('\u00e9', '%C3%A9'),
        lambda name: (
            '/data/local-files/?d=images/'
            + name.replace(' ', '%20').replace('\u00e9', '%C3%A9')
        ),
        lambda name: unicodedata.normalize('NFD', name),
        lambda name: name.upper(),
    ],
)
def test_a_name_stands_for_its_file(folder, spell):
    assert matched(list(map(spell, NAMES)), folder) == list(NAMES)


def test_files_may_be_decomposed_and_in_folders(tmp_path):
    (tmp_path / 'a').mkdir()
    decomposed = unicodedata.normalize('NFD', 'a/caf\u00e9.png')
    (tmp_path / decomposed).touch()
    for name in ('a/caf\u00e9.png', 'caf\u00e9.png', 'x/a/caf\u00e9.png'):
        assert matched([name], tmp_path) == [decomposed]
    # A folder of another name is another folder.
    assert matched(['b/caf\u00e9.png'], tmp_path) == ['b/caf\u00e9.png']


def test_a_backslash_may_be_part_of_a_name(tmp_path):
    (tmp_path / 'a\\b.png').touch()
    (tmp_path / 'b.png').touch()
    assert matched(['a\\b.png'], tmp_path) == ['a\\b.png']


def test_an_absolute_path_into_the_folder(folder):
    names = [str(folder / name) for name in NAMES]
    assert matched(names, folder) == list(NAMES)


def test_case_decides_between_two(tmp_path):
    for name in ('a.png', 'A.PNG'):
        (tmp_path / name).touch()
    assert matched(['x/A.PNG'], tmp_path) == ['A.PNG']
    with pytest.raises(ValueError, match=r"image 1 .*'A\.png', which may be"):
        matched(['A.png'], tmp_path)


def test_what_may_be_several_files_is_refused(tmp_path):
    for name in ('one', 'two'):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'a.png').touch()
    with pytest.raises(ValueError, match=r"'one/a\.png', 'two/a\.png'"):
        matched(['a.png'], tmp_path)
    assert matched(['/x/two/a.png'], tmp_path) == ['two/a.png']


@pytest.mark.parametrize(
    'name',
    [
        '../outside.png',
        '..\\outside.png',
        'images/../../outside.png',
        '..',
        './..',
    ],
)
def test_nothing_outside_the_folder(folder, name):
    with pytest.raises(ValueError, match='image 1 .*leads out of it'):
        matched([name], folder)


@pytest.mark.parametrize(
    'spell', [str, lambda path: f'file://{path}', lambda path: f'C:{path}']
)
def test_an_absolute_path_is_not_followed(folder, spell):
    outside = Path(folder).parent / 'outside.png'
    assert outside.exists()
    with pytest.raises(ValueError, match='image 1 .*no file there'):
        matched([spell(outside)], folder)


def test_two_images_are_not_one_file(folder):
    with pytest.raises(ValueError, match='own.*images 1 .* and 2'):
        matched(['plain.png', 'x/plain.png'], folder)


def test_names_of_two_files():
    assert match_names(
        ['images\\a.png', 'b.png', 'c.png'], ['a.png', 'sub/b.png', 'd.png']
    ) == {'images\\a.png': 'a.png', 'b.png': 'sub/b.png'}
    with pytest.raises(ValueError, match='both stand for'):
        match_names(['x/a.png', 'y/a.png'], ['a.png'])
