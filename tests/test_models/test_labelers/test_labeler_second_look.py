"""A second look of the labelers finds what is too small for the first."""

import numpy as np
import pytest
import torch
from helpers.labeler import FEATURES, cuts3d, mask_cut, run, sample
from torch.nn.functional import avg_pool2d

PLAIN = {'refine': {'crf': False}}
HALVES = {'zoom': 2, 'overlap': 0.5}
SIZE = (128, 128)
BIG, SMALL = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
BIG[64:112, 8:56] = True
SMALL[24:32, 72:88] = True  # 2 of 256 patches: below the 1 % rule


class Colours(torch.nn.Module):
    """The mean colour of each patch: three colours at right angles."""

    def forward(self, images, data_samples):
        return avg_pool2d(images, 8)


def scene():
    """A blue ground, a red square and a small green bar."""
    image = np.zeros((*SIZE, 3), np.uint8)
    image[BIG, 0] = image[SMALL, 1] = 255
    image[~(BIG | SMALL), 2] = 255
    return image


def label(labeler, **metainfo):
    labeler.features = Colours()
    (result,) = run(labeler, sample(scene(), **metainfo))
    return result


MAKERS = pytest.mark.parametrize(
    'make', [mask_cut, cuts3d], ids=['maskcut', 'cuts3d']
)
CUTS = {mask_cut: PLAIN, cuts3d: {**PLAIN, 'preset': 'guarded'}}


@MAKERS
def test_the_small_object_is_found_in_its_pixels_once(make):
    first = label(make(cut=CUTS[make])).pred_instances
    np.testing.assert_array_equal(first.masks, BIG[None])
    both = label(make(cut=CUTS[make], second_look=HALVES)).pred_instances
    np.testing.assert_array_equal(both.masks, np.stack([BIG, SMALL]))
    assert both.bboxes[1].tolist() == [72, 24, 88, 32]
    if 'confidences' in both:
        # On patches of 4 pixels, and of full confidence there alone.
        fine = SMALL[::4, ::4]
        np.testing.assert_array_equal(both.confidences[1] > 0, fine)


@MAKERS
def test_windows_are_refined_at_the_size_of_the_image(make, monkeypatch):
    """In fewer pixels the CRF takes away what is small."""
    labeler = make(cut=CUTS[make], second_look=HALVES)
    sizes = []
    before = labeler.label

    def keep(image, inputs):
        sizes.append(image.shape)
        return before(image, inputs)

    monkeypatch.setattr(labeler, 'label', keep)
    label(labeler)
    assert sizes == [(*SIZE, 3)] * 10  # the image, and nine windows


@pytest.mark.parametrize('shape', [(128, 96), (90, 128)])
def test_masks_come_back_in_any_size(shape):
    """Of sides that are no multiple of the windows' too."""
    labeler = mask_cut(cut=PLAIN, second_look={'zoom': 3, 'overlap': 0.25})
    labeler.features = Colours()
    rows, columns = shape
    small, big = np.zeros(shape, bool), np.zeros(shape, bool)
    small[rows // 4 : rows // 4 + 10, columns // 2 : columns // 2 + 9] = True
    big[rows // 2 : rows - 8, 8 : columns // 3] = True
    image = np.zeros((*shape, 3), np.uint8)
    image[small, 1] = image[big, 0] = 255
    image[~(small | big), 2] = 255
    (result,) = run(labeler, sample(image))
    masks = result.pred_instances.masks.numpy()
    assert masks.shape[1:] == shape
    unions = [(mask & small).sum() / (mask | small).sum() for mask in masks]
    assert max(unions) > 0.5  # patches of a window are 8 / 3 pixels


@MAKERS
def test_batched_gives_the_same(make):
    settings = {'cut': CUTS[make], 'second_look': HALVES}
    one = label(make(**settings)).pred_instances
    many = label(make(**settings, batched={'workers': 0})).pred_instances
    np.testing.assert_array_equal(many.masks, one.masks)
    np.testing.assert_allclose(many.scores, one.scores, rtol=1e-6)


def test_masks_come_at_the_size_of_the_original():
    labeler = mask_cut(cut=PLAIN, second_look=HALVES)
    found = label(labeler, ori_shape=(256, 256)).pred_instances
    doubled = np.kron(SMALL, np.ones((2, 2))) > 0
    np.testing.assert_array_equal(found.masks[1], doubled)


def test_steps_are_those_of_the_first_look():
    labeler = mask_cut(cut=PLAIN, second_look=HALVES)
    labeler.keep_steps = True
    result = label(labeler)
    assert result.cut_steps[1].status == 'too small'
    told = [step.instance for step in result.cut_steps]
    assert told[0] == 0 and set(told[1:]) == {None}
    assert len(result.pred_instances) == 2


def test_depth_of_another_size_is_cropped():
    depth = np.full((32, 32), 1.0, np.float32)
    depth[16:28, 2:14] = 0.5
    depth[6:8, 18:22] = 0
    cut = {**CUTS[cuts3d], 'semantic': {'sharpening': None}}
    labeler = cuts3d(cut=cut, second_look={**HALVES, 'stretch_depth': True})
    found = label(labeler, depth=depth).pred_instances
    np.testing.assert_array_equal(found.masks[1], SMALL)


def test_features_of_whole_images_are_refused():
    config = {'type': 'mmcuts3d.FeaturesFromFiles', 'root': 'features'}
    with pytest.raises(ValueError, match='`second_look`.*FeaturesFromFiles'):
        mask_cut(features=config, second_look=HALVES)
    assert mask_cut(features=config).second_look is None
    with pytest.raises(ValueError, match="'zom' .did you mean 'zoom'"):
        mask_cut(features=FEATURES, second_look={'zom': 3})


@pytest.mark.parametrize(
    'second_look,metainfo,words',
    [
        (
            {},
            {'features': np.ones((3, 16, 16))},
            'no `features` in the sample',
        ),
        ({'zoom': 200}, {}, 'at least 200 x 200 pixels'),
    ],
)
def test_an_image_that_has_no_windows_says_so(second_look, metainfo, words):
    labeler = mask_cut(cut=PLAIN, second_look=second_look)
    result = label(labeler, **metainfo)
    assert words in result.error and len(result.pred_instances) == 0
