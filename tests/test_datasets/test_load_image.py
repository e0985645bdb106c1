"""Every mode of image loads, checked against arrays and OpenCV."""

import cv2
import numpy as np
import pytest
from helpers import shared_data
from PIL import Image

from mmcuts3d.datasets.transforms.load_image import LoadImage
from mmcuts3d.registry import TRANSFORMS


def load(path):
    return LoadImage()({'img_path': str(path)})


@pytest.fixture
def picture():
    """(12, 20, 3) uint8 RGB with four different corners."""
    picture = np.zeros((12, 20, 3), np.uint8)
    picture[:6, :10] = (250, 10, 20)
    picture[:6, 10:] = (30, 240, 40)
    picture[6:, :10] = (50, 60, 230)
    picture[6:, 10:] = (200, 210, 70)
    return picture


def test_a_colour_image_comes_as_bgr(tmp_path, picture):
    path = tmp_path / 'a.png'
    Image.fromarray(picture).save(path)
    results = load(path)
    np.testing.assert_array_equal(results['img'], picture[..., ::-1])
    assert results['img'].dtype == np.uint8
    assert results['img'].flags.c_contiguous
    assert results['img_shape'] == results['ori_shape'] == (12, 20)
    transform = TRANSFORMS.build({'type': 'mmcuts3d.LoadImage'})
    assert repr(transform) == 'LoadImage(backend_args=None)'


def test_images_equal_those_of_opencv():
    paths = sorted(shared_data('coco_photos', 'images').glob('*.jpg'))
    for path in paths[:10]:
        np.testing.assert_array_equal(
            load(path)['img'], cv2.imread(str(path), cv2.IMREAD_COLOR)
        )


@pytest.mark.parametrize('orientation', range(1, 9))
def test_the_exif_orientation_is_applied(tmp_path, picture, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / 'a.jpg'
    Image.fromarray(picture).save(path, exif=exif, quality=100)
    results = load(path)
    # OpenCV applies it as well.
    np.testing.assert_array_equal(results['img'], cv2.imread(str(path)))
    shape = (12, 20) if orientation < 5 else (20, 12)
    assert results['img_shape'] == results['ori_shape'] == shape


def test_grey_and_one_bit_images_become_colour(tmp_path):
    grey = np.arange(200, dtype=np.uint8).reshape(10, 20)
    Image.fromarray(grey).save(tmp_path / 'grey.png')
    for channel in range(3):
        np.testing.assert_array_equal(
            load(tmp_path / 'grey.png')['img'][..., channel], grey
        )
    Image.fromarray(grey > 99).save(tmp_path / 'bit.png')
    np.testing.assert_array_equal(
        load(tmp_path / 'bit.png')['img'][..., 0], 255 * (grey > 99)
    )


@pytest.mark.parametrize('suffix', ['png', 'tif'])
def test_the_high_byte_of_16_bits_is_kept(tmp_path, suffix):
    deep = np.linspace(0, 65535, 200).astype(np.uint16).reshape(10, 20)
    path = tmp_path / f'deep.{suffix}'
    cv2.imwrite(str(path), deep)
    image = load(path)['img']
    np.testing.assert_array_equal(image[..., 1], deep // 256)
    cv2.imwrite(str(tmp_path / 'colour.png'), np.dstack([deep] * 3))
    np.testing.assert_array_equal(load(tmp_path / 'colour.png')['img'], image)


def test_palette_images_take_the_colours_of_the_palette(tmp_path, picture):
    image = Image.fromarray(picture).quantize(4)
    image.save(tmp_path / 'a.gif')
    image.save(tmp_path / 'a.png')
    for suffix in ('gif', 'png'):
        loaded = load(tmp_path / f'a.{suffix}')['img'][..., ::-1]
        assert np.abs(loaded.astype(int) - picture).max() <= 4


def test_cmyk_comes_close_to_the_colours_it_was_made_of(tmp_path, picture):
    path = tmp_path / 'a.jpg'
    Image.fromarray(picture).convert('CMYK').save(path, quality=100)
    assert Image.open(path).mode == 'CMYK'
    loaded = load(path)['img'][..., ::-1].astype(int)
    assert np.abs(loaded - picture).mean() < 6


def test_transparent_pixels_lie_over_white(tmp_path, picture):
    alpha = np.full((12, 20, 1), 255, np.uint8)
    alpha[:, :10] = 0
    path = tmp_path / 'a.png'
    Image.fromarray(np.dstack([picture, alpha])).save(path)
    loaded = load(path)['img'][..., ::-1]
    assert (loaded[:, :10] == 255).all()
    np.testing.assert_array_equal(loaded[:, 10:], picture[:, 10:])
    Image.fromarray(np.dstack([picture[..., 0], alpha])).save(path)
    loaded = load(path)['img']
    np.testing.assert_array_equal(loaded[:, 10:, 0], picture[:, 10:, 0])
    assert (loaded[:, :10] == 255).all()


def test_one_pixel_is_an_image(tmp_path):
    Image.new('RGB', (1, 1), (1, 2, 3)).save(tmp_path / 'a.png')
    assert load(tmp_path / 'a.png')['img'].tolist() == [[[3, 2, 1]]]


def test_half_a_file_is_refused(tmp_path, picture):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for suffix in ('jpg', 'png', 'gif', 'bmp', 'webp', 'tif'):
        path = tmp_path / f'half.{suffix}'
        Image.fromarray(noise).save(path)
        content = path.read_bytes()
        for length in (len(content) // 2, 20, 0):
            path.write_bytes(content[:length])
            with pytest.raises(ValueError, match=f'half.{suffix}'):
                load(path)


def test_what_is_no_image_is_refused(tmp_path):
    (tmp_path / 'text.jpg').write_text('not an image')
    with pytest.raises(ValueError, match=r'text\.jpg .* format \(12 bytes\)'):
        load(tmp_path / 'text.jpg')
    with pytest.raises(ValueError, match=r'none\.jpg'):
        load(tmp_path / 'none.jpg')
    with pytest.raises(ValueError, match=str(tmp_path)):
        load(tmp_path)


def test_values_of_more_than_16_bits_are_refused(tmp_path):
    Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(tmp_path / 'f.tif')
    with pytest.raises(ValueError, match="mode 'F' .*8 or 16 bits"):
        load(tmp_path / 'f.tif')
