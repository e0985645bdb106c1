"""Arrays of other people: their size is known before they are read."""

import os
import zipfile

import numpy as np
import pytest

from mmcuts3d.files import read_array


def write_zeros(path, shape, rows=0, name='depth', dtype='<f8'):
    """An .npz that promises ``shape`` and holds some rows of zeros."""
    header = {'shape': shape, 'fortran_order': False, 'descr': dtype}
    with (
        zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive,
        archive.open(f'{name}.npy', 'w') as member,
    ):
        np.lib.format.write_array_header_2_0(member, header)
        for _ in range(rows):
            member.write(bytes(8 * shape[1]))
    return path


@pytest.mark.parametrize('order', ['C', 'F'])
@pytest.mark.parametrize('dtype', ['u1', '<u2', '>f4', 'f8', 'bool'])
def test_numbers_come_as_they_are(tmp_path, order, dtype):
    array = np.asarray(np.arange(12).reshape(3, 4) % 5, dtype, order=order)
    np.save(tmp_path / 'a.npy', array)
    np.savez_compressed(tmp_path / 'a.npz', depth=array, other=array[0])
    for path in (tmp_path / 'a.npy', tmp_path / 'a.npz'):
        found = read_array(path, 'depth')
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype
        found[0, 0] = 1  # the caller's own


def test_names_of_arrays(tmp_path):
    np.savez(tmp_path / 'two.npz', a=np.zeros(3), b=np.ones(2))
    np.savez(tmp_path / 'one.npz', a=np.zeros(3))
    assert read_array(tmp_path / 'two.npz', 'b').tolist() == [1, 1]
    assert read_array(tmp_path / 'one.npz', 'x').shape == (3,)
    assert read_array(tmp_path / 'one.npz', 'x', default=7) == 7
    with pytest.raises(ValueError, match="to hold 'x', but got a, b"):
        read_array(tmp_path / 'two.npz', 'x')
    with pytest.raises(ValueError, match="to hold 'x', but got a"):
        read_array(tmp_path / 'one.npz', 'x', allow_only=False)


def test_a_large_promise_is_refused_before_it_is_read(tmp_path):
    path = write_zeros(tmp_path / 'a.npz', (60_000, 60_000))
    with pytest.raises(ValueError, match=r'a\.npz .*more than 134,217,728'):
        read_array(path, 'depth')
    path = write_zeros(tmp_path / 'b.npz', (300, 300), rows=300)
    assert read_array(path, most=90_000).shape == (300, 300)
    with pytest.raises(ValueError, match='more than 89,999 numbers'):
        read_array(path, most=89_999)


def test_a_promise_that_is_not_kept_is_refused(tmp_path):
    path = write_zeros(tmp_path / 'a.npz', (300, 300), rows=10)
    with pytest.raises(ValueError, match='24,000 of 720,000 bytes'):
        read_array(path)
    np.save(tmp_path / 'a.npy', np.zeros(100))
    content = (tmp_path / 'a.npy').read_bytes()
    (tmp_path / 'a.npy').write_bytes(content[:-8])
    with pytest.raises(ValueError, match='792 of 800 bytes'):
        read_array(tmp_path / 'a.npy')


def test_negative_and_overflowing_shapes_are_refused(tmp_path):
    for shape in ((-1, -1), (2**40, 2**40)):
        path = write_zeros(tmp_path / 'a.npz', shape)
        with pytest.raises(ValueError, match='more than'):
            read_array(path)


def test_objects_and_texts_are_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'ran'),)

    np.save(
        tmp_path / 'a.npy', np.array([Trap()], dtype=object), allow_pickle=True
    )
    np.save(tmp_path / 'b.npy', np.array(['text']))
    for name in ('a.npy', 'b.npy'):
        with pytest.raises(ValueError, match=f'{name} to hold numbers'):
            read_array(tmp_path / name)
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(
    'content', [b'', b'text', b'PK', b'PK\x03\x04' + bytes(50), b'\x93NUMPY']
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / 'a.npz').write_bytes(content)
    with pytest.raises(ValueError, match=r'a\.npz to be a readable array'):
        read_array(tmp_path / 'a.npz')


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no FIFOs here')
def test_a_fifo_is_refused(tmp_path):
    os.mkfifo(tmp_path / 'a.npy')
    with pytest.raises(ValueError, match='a FIFO'):
        read_array(tmp_path / 'a.npy')
