"""One decoder: formats against arrays, orientation in each that has one."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps, features

from mmcuts3d.files import (
    IMAGE_SUFFIXES,
    decode_image,
    image_orientation,
    image_size,
    read_image,
    turn_upright,
)


@pytest.fixture
def picture():
    """(48, 80, 3) uint8 RGB with four different corners."""
    picture = np.zeros((48, 80, 3), np.uint8)
    picture[:24, :40] = (250, 10, 20)
    picture[:24, 40:] = (30, 240, 40)
    picture[24:, :40] = (50, 60, 230)
    picture[24:, 40:] = (200, 210, 70)
    return picture


#: Formats that hold an orientation, and how far they are from the pixels.
ORIENTED = {'.jpg': 12, '.png': 0, '.webp': 0, '.tif': 0}
if features.check('avif'):
    ORIENTED['.avif'] = 40


def save(path, picture, orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {'lossless': True} if path.suffix == '.webp' else {}
    image = Image.fromarray(picture)
    image.save(path, exif=exif, quality=100, **lossless)


@pytest.mark.parametrize('suffix', ORIENTED)
@pytest.mark.parametrize('orientation', range(1, 9))
def test_upright_and_stored_frames(tmp_path, picture, suffix, orientation):
    path = tmp_path / f'a{suffix}'
    save(path, picture, orientation)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert('RGB'))
    upright = read_image(path)
    np.testing.assert_array_equal(upright, expected)
    np.testing.assert_array_equal(
        decode_image(path.read_bytes(), path), expected
    )
    stored = read_image(path, upright=False).astype(int)
    assert np.abs(stored - picture).mean() <= ORIENTED[suffix]
    assert image_size(path) == upright.shape[:2]
    assert image_orientation(path) == orientation
    np.testing.assert_array_equal(
        turn_upright(read_image(path, upright=False), orientation), upright
    )


@pytest.mark.parametrize('suffix', IMAGE_SUFFIXES)
def test_every_listed_ending_is_one_that_loads(tmp_path, picture, suffix):
    name = Image.registered_extensions()[suffix]
    if name not in Image.SAVE or name in ('XBM', 'ICO'):
        pytest.skip(f'Pillow does not write a colour image as {name}')
    path = tmp_path / f'a{suffix}'
    image = Image.fromarray(picture)
    options = {'quality': 95} if name in ('JPEG', 'WEBP', 'AVIF') else {}
    image.save(path, format='JPEG' if name == 'MPO' else name, **options)
    loaded = read_image(path).astype(int)
    if suffix in ('.pbm', '.pgm', '.bw'):
        assert loaded.shape == picture.shape
    else:
        assert np.abs(loaded - picture).mean() < 12


def test_the_content_decides_and_not_the_name(tmp_path, picture):
    Image.fromarray(picture).save(tmp_path / 'a.png')
    (tmp_path / 'a.jpg').write_bytes((tmp_path / 'a.png').read_bytes())
    np.testing.assert_array_equal(read_image(tmp_path / 'a.jpg'), picture)


def test_lab_is_turned_into_colours(tmp_path, picture):
    from PIL import ImageCms

    image = Image.fromarray(picture)
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile('sRGB'),
        ImageCms.createProfile('LAB'),
        'RGB',
        'LAB',
    )
    ImageCms.applyTransform(image, to_lab).save(tmp_path / 'a.tif')
    loaded = read_image(tmp_path / 'a.tif').astype(int)
    assert np.abs(loaded - picture).mean() < 20


def test_postscript_is_not_handed_to_another_program(tmp_path, picture):
    Image.fromarray(picture).save(tmp_path / 'a.eps')
    (tmp_path / 'a.png').write_bytes((tmp_path / 'a.eps').read_bytes())
    with pytest.raises(ValueError, match=r'a\.png .*no image format'):
        read_image(tmp_path / 'a.png')


def png_header(width, height):
    """A PNG that promises a size and holds next to nothing."""

    def chunk(kind, data):
        body = kind + data
        return (
            struct.pack('>I', len(data))
            + body
            + struct.pack('>I', zlib.crc32(body))
        )

    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', head)
        + chunk(b'IDAT', zlib.compress(b'\0' * 1000))
        + chunk(b'IEND', b'')
    )


def test_a_promise_of_many_pixels_is_refused(tmp_path):
    path = tmp_path / 'bomb.png'
    path.write_bytes(png_header(60_000, 60_000))
    with pytest.raises(ValueError, match=r'bomb\.png .*exceeds limit'):
        read_image(path)


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no FIFOs here')
def test_a_fifo_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / 'pipe.png'
    os.mkfifo(path)
    with pytest.raises(ValueError, match=r'pipe\.png .*but got a FIFO'):
        read_image(path)
    with pytest.raises(ValueError, match='a FIFO'):
        image_size(path)


@pytest.mark.skipif(not os.path.exists('/dev/zero'), reason='no /dev/zero')
def test_a_device_is_refused():
    with pytest.raises(ValueError, match='/dev/zero .*but got a device'):
        read_image('/dev/zero')


def test_no_file_a_folder_and_a_broken_link_are_named(tmp_path):
    with pytest.raises(ValueError, match=r'none\.png .*no file there'):
        read_image(tmp_path / 'none.png')
    with pytest.raises(ValueError, match='a folder'):
        read_image(tmp_path)
    for name in ('a\0b.png', 'x' * 300 + '.png'):
        with pytest.raises(ValueError, match='to be a readable image, but'):
            read_image(tmp_path / name)
    (tmp_path / 'link.png').symlink_to(tmp_path / 'none.png')
    with pytest.raises(ValueError, match=r'link\.png .*a broken link'):
        read_image(tmp_path / 'link.png')


def test_control_characters_of_a_name_are_not_repeated(tmp_path):
    path = tmp_path / 'a\x1b[2Jb\u202e.png'
    path.write_text('no image')
    with pytest.raises(ValueError, match='no image format') as raised:
        read_image(path)
    assert str(raised.value).isprintable()
    assert r'a\x1b[2Jb\u202e.png' in str(raised.value)
