"""Journals that a disk has changed: found, and named by file and line."""

import json
import random

import numpy as np
import pytest

from mmcuts3d.labels import (
    ImageRecord,
    instance_to_annotation,
    read_labels,
    remove_labels,
)
from mmcuts3d.labels.backends.label_writer import LabelWriter
from mmcuts3d.labels.journal import decode_line, encode_line

NUMBER = 4


def record(image_id):
    mask = np.zeros((12, 16), bool)
    mask[2:6, image_id : image_id + 5] = True
    annotation = instance_to_annotation(mask, 0.5, np.full((3, 4), 0.5))
    return ImageRecord(f'{image_id}.jpg', 12, 16, image_id, [annotation])


def fill(folder):
    """A store of four images, of which one failed before."""
    writer = LabelWriter(folder, 'settings')
    writer.fail('1.jpg', 'no disk')
    for image_id in range(NUMBER):
        writer.append(record(image_id))
    return writer


def resume(folder):
    """Do what is left to do, and read the result."""
    writer = LabelWriter(folder, 'settings')
    for image_id in range(NUMBER):
        writer.append(record(image_id))
    return read_labels(writer.finish())


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """A journal, and the labels that it stands for."""
    folder = tmp_path_factory.mktemp('whole')
    labels = read_labels(fill(folder).finish())
    return (folder / 'records.rank0.jsonl').read_bytes(), labels


def test_no_single_damaged_byte_changes_a_label(whole, tmp_path):
    """Every byte of the journal, once each, is set to something else."""
    content, labels = whole
    path = tmp_path / 'records.rank0.jsonl'
    drawn = random.Random(0)
    starts = [0, *(n + 1 for n, byte in enumerate(content) if byte == 10)]
    refused = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        while damaged[place] == content[place]:
            damaged[place] = drawn.choice([10, 32, 34, 48, 125, 255])
        path.write_bytes(damaged)
        line = sum(start <= place for start in starts)
        try:
            result = resume(tmp_path)
        except ValueError as error:
            refused += 1
            assert f'line {line} of {path}' in str(error)
            assert 'damaged' in str(error)
            assert path.read_bytes() == damaged
        else:
            # Only a last line that seems cut off may be done again.
            assert place == len(content) - 1
            assert result == labels
            remove_labels(tmp_path)
    assert refused == len(content) - 1


def test_the_remedy_is_one(whole, tmp_path):
    """Without the line that is named the image is labeled again."""
    content, labels = whole
    path = tmp_path / 'records.rank0.jsonl'
    lines = content.splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"score":0.5', b'"score":0.7')
    path.write_bytes(b''.join(lines))
    with pytest.raises(ValueError, match='line 3 of .*Remove that line'):
        resume(tmp_path)
    path.write_bytes(b''.join(lines[:2] + lines[3:]))
    assert LabelWriter(tmp_path, 'settings').done == {
        f'{image_id}.jpg' for image_id in range(1, NUMBER)
    }
    assert resume(tmp_path) == labels


def test_a_line_is_json_with_its_checksum(tmp_path):
    line = encode_line({'file_name': 'ä.jpg', 'error': 'x'})
    assert json.loads(line)['file_name'] == 'ä.jpg'
    assert decode_line(line, tmp_path, 1) == {
        'file_name': 'ä.jpg',
        'error': 'x',
    }


def test_a_journal_of_version_0_2_is_refused_with_words(tmp_path):
    path = tmp_path / 'records.rank0.jsonl'
    entry = {'record': record(1).to_dict()}
    header = {'format': 1, 'fingerprint': 'settings'}
    old = ''.join(json.dumps(row) + '\n' for row in (header, entry))
    path.write_text(old)
    with pytest.raises(ValueError, match='format 1.*version.*overwrite'):
        LabelWriter(tmp_path, 'settings')
    assert path.read_text() == old
    assert not LabelWriter(tmp_path, 'settings', overwrite=True).done
