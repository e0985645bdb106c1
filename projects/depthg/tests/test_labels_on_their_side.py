"""Label maps of images that are stored on their side."""

import numpy as np
import pytest
from PIL import Image, ImageOps

import projects.depthg.depthg  # noqa: F401  # registers
from mmcuts3d.registry import DATASETS
from projects.depthg.tests.tiny_folder import folder_config, write_folder

EXIF_ORIENTATION = 0x0112


def turned(root, orientation):
    """The image 000 with an orientation, its label map as it is stored."""
    path = root / 'images' / '000.png'
    with Image.open(path) as image:
        image.load()
        exif = image.getexif()
        exif[EXIF_ORIENTATION] = orientation
        image.save(path, exif=exif)
        return ImageOps.exif_transpose(image_of(path))


def image_of(path):
    image = Image.open(path)
    image.load()
    return image


@pytest.mark.parametrize('orientation', [5, 6, 7, 8])
def test_labels_are_turned_as_the_image_is(tmp_path, orientation):
    truth = write_folder(tmp_path, number=1, depth=False)
    upright = np.asarray(turned(tmp_path, orientation))
    config = folder_config(tmp_path)
    config['data_prefix'].pop('depth_path')
    config['pipeline'] = config['pipeline'][:2] + config['pipeline'][-1:]
    item = DATASETS.build(config)[0]
    assert np.array_equal(item['inputs'].permute(1, 2, 0), upright)
    assert upright.shape[:2] == (56, 40)
    # Each class has one colour: the labels lie where the colours lie.
    labels = item['data_samples'].label_map.numpy()
    means = [upright[labels == k].mean(0) for k in range(3)]
    image, classes, _ = truth[0]
    expected = [image[classes == k].mean(0) for k in range(3)]
    np.testing.assert_allclose(means, expected, atol=1)
    # And a label map that is upright already stays.
    path = tmp_path / 'labels' / '000.png'
    Image.fromarray(labels.astype(np.uint8)).save(path)
    again = DATASETS.build(config)[0]['data_samples'].label_map.numpy()
    assert np.array_equal(again, labels)


def test_exchanged_sides_without_an_orientation_are_refused(tmp_path):
    write_folder(tmp_path, number=1)
    path = tmp_path / 'labels' / '000.png'
    Image.fromarray(np.zeros((56, 40), np.uint8)).save(path)
    with pytest.raises(ValueError, match='40 x 56, but got 56 x 40'):
        DATASETS.build(folder_config(tmp_path))
