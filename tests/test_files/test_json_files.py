"""JSON files of other people: any encoding, and nothing but regular files."""

import json
import os
import pickle

import pytest

from mmcuts3d.files.json_files import read_json


@pytest.mark.parametrize(
    'encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-be', 'utf-32-le']
)
def test_encodings_that_editors_write(tmp_path, encoding):
    path = tmp_path / 'a.json'
    path.write_bytes('{"name": "café"}'.encode(encoding))
    assert read_json(path) == {'name': 'café'}


@pytest.mark.parametrize('name', ['a.pkl', 'a.yaml', 'a.py', 'a'])
def test_the_name_decides_nothing(tmp_path, name):
    (tmp_path / name).write_text('[1]')
    assert read_json(str(tmp_path / name)) == [1]


class Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), 'w')


def test_nothing_in_a_file_is_run(tmp_path):
    mark = tmp_path / 'mark'
    path = tmp_path / 'a.pkl'
    path.write_bytes(pickle.dumps(Touch(mark)))
    with pytest.raises(ValueError, match=r'a\.pkl to be a JSON file'):
        read_json(path)
    path = tmp_path / 'a.yaml'
    path.write_text(f'!!python/object/apply:open ["{mark}", "w"]')
    with pytest.raises(ValueError, match=r'a\.yaml to be a JSON file'):
        read_json(path)
    assert not mark.exists()


def test_what_is_no_regular_file_is_named(tmp_path):
    os.mkfifo(tmp_path / 'pipe.json')
    (tmp_path / 'folder.json').mkdir()
    (tmp_path / 'broken.json').symlink_to(tmp_path / 'nowhere')
    for name, words in (
        ('pipe.json', 'pipe.json to be a COCO file, but got a FIFO'),
        ('folder.json', 'folder.json to be .*, but got a folder'),
        ('broken.json', 'broken.json to be .*, but got a broken link'),
        ('none.json', 'none.json to be .*, but got no file there'),
        ('none.json/a', 'a to be .*, but got no file there'),
    ):
        with pytest.raises(ValueError, match=words):
            read_json(tmp_path / name, 'a COCO file')
    with pytest.raises(ValueError, match='zero to be .*, but got a device'):
        read_json('/dev/zero')
    (tmp_path / 'folder.json' / 'a').write_text('[1]')
    link = tmp_path / 'link.json'
    link.symlink_to(tmp_path / 'folder.json' / 'a')
    assert read_json(link) == [1]


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('[' * 100_000, 'nested too deeply'),
        ('{"a":' * 100_000, 'nested too deeply'),
        ('', 'to be a JSON file'),
        ('{"a": 1', 'to be a JSON file'),
        ('1' * 5000, 'to be a JSON file'),
    ],
)
def test_text_that_is_no_json_is_named(tmp_path, text, words):
    path = tmp_path / 'a.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=rf'a\.json.*{words}'):
        read_json(path)


def test_bytes_of_another_encoding_are_named(tmp_path):
    path = tmp_path / 'a.json'
    path.write_bytes('{"name": "café"}'.encode('latin-1'))
    with pytest.raises(ValueError, match=r'a\.json to be a JSON file'):
        read_json(path)


def test_files_that_are_too_large_are_not_read(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(list(range(100))))
    with pytest.raises(ValueError, match='at most 64 bytes, but got 390'):
        read_json(path, max_bytes=64)
