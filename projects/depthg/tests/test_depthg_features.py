"""Features that are remembered, or made of the truth; pictures."""

import numpy as np
import pytest
import torch
from PIL import Image

from mmcuts3d.registry import MODELS
from projects.depthg.depthg.models import CachedFeatures, OracleFeatures
from projects.depthg.depthg.pictures import (
    draw_rows,
    paint_labels,
    patches_of,
    samples_along_line,
)
from projects.depthg.depthg.structures import SegDataSample


class Counting(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def forward(self, images, data_samples=None):
        self.seen += len(images)
        return images[:, :, ::4, ::4] * 2


def test_features_are_computed_once(monkeypatch):
    source = Counting()
    monkeypatch.setattr(MODELS, 'build', lambda config: source)
    images = torch.rand(5, 3, 8, 8)
    one = images[0].numel() // 16 * 4
    cache = CachedFeatures(dict(type='any'), most_bytes=3 * one)
    wanted = images[:, :, ::4, ::4] * 2
    assert torch.equal(cache(images[[0, 1, 0]]), wanted[[0, 1, 0]])
    assert source.seen == 2
    assert torch.equal(cache(images[[2, 1]]), wanted[[2, 1]])
    assert source.seen == 3
    # A batch larger than the memory is right all the same.
    assert torch.equal(cache(images), wanted)
    assert source.seen == 5
    assert torch.equal(cache(images[[4]]), wanted[[4]])
    assert source.seen == 5  # among the last three
    assert torch.equal(cache(images[[0]]), wanted[[0]])
    assert source.seen == 6  # the oldest went
    assert torch.equal(
        cache(images[[0]].flip(-1))[0], images[0].flip(-1)[:, ::4, ::4] * 2
    )


def labelled(name, labels):
    sample = SegDataSample(metainfo=dict(img_id=name))
    sample.label_map = torch.as_tensor(labels)
    return sample


def test_oracle_features_are_shares_of_directions():
    labels = np.zeros((8, 8), np.int64)
    labels[:, 4:] = 1
    labels[:4, :2] = 255
    clean = OracleFeatures(2, 16, patch_size=4, noise=0, offset=0)
    (found,) = clean(torch.zeros(1, 3, 8, 8), [labelled('a', labels)])
    first, second = clean.directions
    assert torch.allclose(found[:, 1, 0], first)
    assert torch.allclose(found[:, 0, 0], first / 2)
    assert torch.allclose(found[:, 0, 1], second)
    assert torch.allclose(clean.directions.norm(dim=1), torch.ones(2))


def test_oracle_features_of_one_class_a_patch():
    labels = np.zeros((8, 8), np.int64)
    labels[:4, 1:4] = 1  # three of four columns of the first patch
    labels[4:, :4] = 255
    settings = dict(patch_size=4, noise=0, offset=0)
    pure = OracleFeatures(2, 16, blended=False, **settings)
    (found,) = pure(torch.zeros(1, 3, 8, 8), [labelled('a', labels)])
    first, second = pure.directions
    assert torch.equal(found[:, 0, 0], second)
    assert torch.equal(found[:, 0, 1], first)
    assert not found[:, 1, 0].any()  # nothing is known of it
    (found,) = OracleFeatures(2, 16, **settings)(
        torch.zeros(1, 3, 8, 8), [labelled('a', labels)]
    )
    assert torch.allclose(found[:, 0, 0], first / 4 + second * 3 / 4)


def test_oracle_noise_belongs_to_the_image():
    labels = np.zeros((64, 64), np.int64)
    noisy = OracleFeatures(1, 64, patch_size=4, noise=2.0, offset=0)
    images = torch.zeros(2, 3, 64, 64)
    one, other = noisy(images, [labelled('a', labels), labelled('b', labels)])
    again = noisy(images[:1], [labelled('a', labels)])[0]
    assert torch.equal(one, again) and not torch.equal(one, other)
    noise = one - noisy.directions[0][:, None, None]
    assert float(noise.norm(dim=0).mean()) == pytest.approx(2.0, rel=0.05)


def test_alike_classes():
    far = OracleFeatures(2, 512)
    near = OracleFeatures(2, 512, alike=((0, 1, 0.6),))
    cosine = [float(f.directions[0] @ f.directions[1]) for f in (far, near)]
    assert abs(cosine[0]) < 0.15
    assert cosine[1] == pytest.approx(0.6 / (0.36 + 0.16) ** 0.5, abs=0.1)


def test_bad_oracle_features():
    with pytest.raises(ValueError, match='`noise`'):
        OracleFeatures(2, noise=-1)
    with pytest.raises(ValueError, match='label map'):
        OracleFeatures(2)(torch.zeros(1, 3, 16, 16))


def test_labels_in_colours():
    palette = [(255, 0, 0), (0, 255, 0)]
    found = paint_labels(np.array([[0, 1], [255, -1]]), palette)
    assert found[0].tolist() == [[255, 0, 0], [0, 255, 0]]
    assert found[1, 0].tolist() == found[1, 1].tolist() == [70, 70, 70]


def test_a_sheet_holds_its_legend(tmp_path):
    row = {'image': np.zeros((10, 10, 3), np.uint8)}
    legend = {f'a long name {n}': (255, 0, 0) for n in range(6)}
    with Image.open(
        draw_rows([row], tmp_path / 'a.png', side=200, legend=legend)
    ) as sheet:
        pixels = np.asarray(sheet.convert('RGB'))
    plates = (pixels == (255, 0, 0)).all(axis=2).sum()
    assert plates == pytest.approx(6 * 15 * 15, rel=0.05)


def test_samples_along_a_line():
    depth = np.full((5, 40), 0.2)
    depth[2, 20:] = 0.9
    found = samples_along_line(depth, 2, 6)
    assert len(set(found.tolist())) == 6 and found[0] == 0
    assert found[1] == 39  # the farthest from the left end
    assert {int(c) for c in found} & {19, 20}  # the step in depth
    with pytest.raises(ValueError, match='from 0 to 4'):
        samples_along_line(depth, 5)


def test_sampled_patches_are_bright():
    image = np.full((4, 8, 3), 200, np.uint8)
    found = patches_of(image, np.array([1]), (1, 2))
    assert found[0, 0, 0] == 70 and found[0, 7, 0] == 200
