"""Extractors are asked once a batch; one bad image fails alone."""

import numpy as np
import pytest
import torch
from helpers.labeler import (
    FEATURES,
    FLAT,
    assert_same_instances,
    cuts3d,
    run,
    sample,
    scene_of,
)

SHAPES = ((128, 160), (64, 80), (128, 160), (128, 160))


class Counted(torch.nn.Module):
    """Hands calls on, notes what they held, and refuses one image."""

    def __init__(self, inner, bad=()):
        super().__init__()
        self.inner = inner
        self.bad = bad
        self.calls = []

    def forward(self, images, data_samples):
        names = [sample.img_path for sample in data_samples]
        self.calls.append((tuple(images.shape), names))
        for name in names:
            if name in self.bad:
                raise ValueError(f'{name} is bad')
        return self.inner(images, data_samples)


@pytest.fixture(scope='module')
def items():
    """Four images, of two sizes, by name."""
    found = []
    for number, shape in enumerate(SHAPES):
        image = scene_of(number)[0][: shape[0], : shape[1]]
        found.append((np.ascontiguousarray(image), f'{number}.png'))
    return found


def labeler_of(bad=()):
    labeler = cuts3d()
    labeler.features = Counted(labeler.features, bad)
    labeler.depth = Counted(labeler.depth)
    return labeler


def batch(items):
    return [sample(image, name) for image, name in items]


def test_images_of_one_size_are_one_call(items):
    labeler = labeler_of()
    results = run(labeler, *batch(items))
    expected = [
        ((3, 3, 128, 160), ['0.png', '2.png', '3.png']),
        ((1, 3, 64, 80), ['1.png']),
    ]
    assert labeler.features.calls == expected
    assert labeler.depth.calls == expected
    for (image, name), many in zip(items, results, strict=True):
        (one,) = run(labeler_of(), sample(image, name))
        assert_same_instances(many.pred_instances, one.pred_instances)


def test_a_bad_image_does_not_take_the_batch_with_it(items):
    labeler = labeler_of(bad=['2.png'])
    results = run(labeler, *batch(items))
    errors = [result.get('error') for result in results]
    assert errors == [None, None, '2.png is bad', None]
    names = [names for _, names in labeler.features.calls]
    assert names == [
        ['0.png', '2.png', '3.png'],
        *(['0.png'], ['2.png'], ['3.png']),
        ['1.png'],
    ]
    # Nobody is asked for the depth of an image without features.
    assert labeler.depth.calls[0][1] == ['0.png', '3.png']
    for place in (0, 1, 3):
        (one,) = run(labeler_of(), sample(*items[place]))
        assert_same_instances(
            results[place].pred_instances, one.pred_instances
        )
    assert len(results[2].pred_instances) == 0


def test_who_raises_names_the_image(items):
    labeler = labeler_of(bad=['2.png'])
    labeler.on_error = 'raise'
    with pytest.raises(ValueError, match=r'^2\.png: 2\.png is bad'):
        run(labeler, *batch(items))


def test_maps_that_came_with_an_image_are_not_asked_for(items):
    labeler = labeler_of()
    image, name = items[0]
    depth = np.linspace(0, 1, image.size // 3, dtype=np.float32)
    given = sample(image, name, depth=depth.reshape(image.shape[:2]))
    run(labeler, given, *batch(items)[2:])
    assert labeler.features.calls[0][1] == ['0.png', '2.png', '3.png']
    assert labeler.depth.calls[0][1] == ['2.png', '3.png']


def test_gather_is_a_batch_of_one(items):
    labeler = labeler_of(bad=['0.png'])
    data, data_sample = sample(*items[2])
    inputs = labeler.gather(data.float(), data_sample)
    assert sorted(inputs) == ['depth', 'features']
    data, data_sample = sample(*items[0])
    with pytest.raises(ValueError, match='is bad'):
        labeler.gather(data.float(), data_sample)


def test_the_sources_are_those_of_the_config():
    kinds = {name: type(m).__name__ for name, m in cuts3d().sources().items()}
    expected = {'features': FEATURES['type'], 'depth': FLAT['type']}
    assert kinds == {
        name: kind.partition('.')[2] for name, kind in expected.items()
    }
