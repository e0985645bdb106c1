"""CutS3D as a detector: what it predicts, and from which inputs."""

import cv2
import numpy as np
import pytest
import torch
from helpers.cuts import touching
from helpers.labeler import (
    GRID,
    SIZE,
    assert_same_instances,
    cuts3d,
    run,
    sample,
    scene_of,
)

from mmcuts3d.cuts import MIN_CONFIDENCE, PseudoInstances
from mmcuts3d.models.features import classical_features
from mmcuts3d.models.labelers import CutS3DLabeler, at_size, to_instance_data
from mmcuts3d.registry import MODELS


@pytest.fixture(scope='module')
def scene():
    return scene_of(3)


@pytest.fixture
def files(tmp_path):
    """A folder of depth files, and the config that reads them."""

    def write(stem, depth):
        levels = (depth * 65535).round().astype(np.uint16)
        assert cv2.imwrite(str(tmp_path / f'{stem}.png'), levels)

    write.config = {'type': 'mmcuts3d.DepthFromFiles', 'root': str(tmp_path)}
    write.folder = tmp_path
    return write


def test_predictions_are_those_of_the_method(scene, files):
    """Through BGR inputs and files, against a direct call on RGB arrays."""
    image, depth = scene
    files('a', depth)
    expected = touching()(image, classical_features(image), depth)
    assert len(expected) > 0

    (result,) = run(cuts3d(files.config), sample(image))
    found = result.pred_instances
    np.testing.assert_array_equal(found.masks, expected.masks)
    np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(found.confidences, expected.confidences)
    np.testing.assert_array_equal(found.bboxes, expected.boxes)


def test_shapes_types_and_ranges(scene):
    image, depth = scene
    (result,) = run(cuts3d(), sample(image, depth=depth))
    found = result.pred_instances
    number = len(found)
    assert number > 0
    assert found.bboxes.shape == (number, 4)
    assert found.bboxes.dtype == torch.float32
    assert found.labels.dtype == torch.long
    assert not found.labels.any()
    assert found.scores.shape == (number,)
    assert found.scores.dtype == torch.float32
    assert found.masks.shape == (number, *SIZE)
    assert found.masks.dtype == torch.bool
    assert found.confidences.shape == (number, *GRID)
    assert found.confidences.dtype == torch.float32
    for instance in found:
        inside = instance.confidences[instance.confidences > 0]
        assert inside.min() > 0 and inside.max() <= 1
        levels = inside * 6  # T cuts
        torch.testing.assert_close(levels, levels.round())
        floored = inside.clamp(min=MIN_CONFIDENCE)
        torch.testing.assert_close(instance.scores[0], floored.mean())


@pytest.mark.parametrize('ori_shape', [(64, 80), (191, 333)])
def test_instances_go_back_to_the_original_size(scene, ori_shape):
    image, depth = scene
    labeler = cuts3d()
    (plain,) = run(labeler, sample(image, depth=depth))
    data = sample(image, depth=depth, ori_shape=ori_shape)
    (result,) = run(labeler, data)
    found = result.pred_instances
    assert found.masks.shape[1:] == ori_shape
    torch.testing.assert_close(found.scores, plain.pred_instances.scores)
    soft = torch.nn.functional.interpolate(
        plain.pred_instances.masks[None].float(),
        ori_shape,
        mode='bilinear',
        align_corners=False,
    )[0]
    clear = (soft - 0.5).abs() > 1e-3  # ties are rounding's business
    assert clear.float().mean() > 0.97
    assert ((soft > 0.5) == found.masks)[clear].all()
    for box, mask in zip(found.bboxes, found.masks, strict=True):
        rows, columns = mask.nonzero().T
        tight = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert box.tolist() == [int(side) for side in tight]


def test_without_rescaling_they_keep_the_size_of_the_input(scene):
    image, depth = scene
    labeler = cuts3d()
    tensor, data_sample = sample(image, depth=depth, ori_shape=(64, 80))
    rgb = tensor.flip(0)[None].float()
    (result,) = labeler.predict(rgb, [data_sample], rescale=False)
    assert result.pred_instances.masks.shape[1:] == SIZE


def test_maps_of_the_metainfo_come_before_the_modules(scene, files):
    image, depth = scene
    features = classical_features(image, 8, smooth=1.5)
    mirrored = np.ascontiguousarray(depth[:, ::-1])
    files('a', mirrored)
    labeler = cuts3d(files.config)
    for given in ({}, {'features': features}, {'depth': depth}):
        expected = touching()(
            image,
            given.get('features', classical_features(image)),
            given.get('depth', mirrored),
        )
        (result,) = run(labeler, sample(image, **given))
        found = result.pred_instances
        np.testing.assert_array_equal(found.masks, expected.masks)
        np.testing.assert_array_equal(found.scores, expected.scores)
    tensors = {'depth': torch.from_numpy(depth)}
    (result,) = run(labeler, sample(image, **tensors))
    np.testing.assert_array_equal(result.pred_instances.masks, expected.masks)


def test_depth_of_another_size_is_averaged_over_the_grid(scene):
    image, depth = scene
    fine = np.repeat(np.repeat(depth, 2, 0), 2, 1)  # of a finer sensor
    labeler = cuts3d()
    (expected,) = run(labeler, sample(image, depth=depth))
    (result,) = run(labeler, sample(image, depth=fine))
    assert_same_instances(result.pred_instances, expected.pred_instances)


def test_a_batch_is_its_images_one_by_one(scene):
    """Even of different sizes, which the preprocessor pads."""
    first = sample(scene[0], depth=scene[1])
    image, depth = scene_of(4, (96, 128))
    second = sample(image, depth=depth)
    labeler = cuts3d()
    single = [run(labeler, item)[0] for item in (first, second)]
    batch = run(labeler, first, second)
    assert len(batch[0].pred_instances) > 0
    for one, many in zip(single, batch, strict=True):
        assert_same_instances(many.pred_instances, one.pred_instances)


def test_a_sample_with_an_error_stays_empty(scene):
    image, depth = scene
    good = sample(image, depth=depth)
    black = np.zeros((1, 1, 3), np.uint8)
    bad = sample(black, error='truncated', ori_shape=(480, 640))
    results = run(cuts3d(), good, bad)
    assert len(results[0].pred_instances) > 0
    found = results[1].pred_instances
    assert results[1].error == 'truncated'
    assert len(found) == 0
    assert found.masks.shape == (0, 480, 640)
    assert found.bboxes.shape == (0, 4)
    assert found.bboxes.dtype == torch.float32
    assert found.confidences.ndim == 3
    assert found.confidences.dtype == torch.float32


def test_a_bad_image_is_recorded_and_the_rest_labelled(scene, files):
    image, depth = scene
    files('a', depth)
    lonely = sample(image, path='images/lonely.png')
    good = sample(image)
    results = run(cuts3d(files.config), lonely, good)
    assert 'lonely.png' in results[0].error
    assert str(files.folder) in results[0].error
    assert len(results[0].pred_instances) == 0
    assert results[1].get('error') is None
    assert len(results[1].pred_instances) > 0


def test_a_bad_image_raises_where_that_is_wanted(scene):
    image, _ = scene
    nan = np.full((4, 4), np.nan, np.float32)
    labeler = cuts3d(on_error='raise')
    with pytest.raises(ValueError, match=r'images/a\.png: .*`depth`'):
        run(labeler, sample(image, depth=nan))


def test_a_wrong_depth_folder_stops_the_run(scene, tmp_path):
    """One message, instead of an error list as long as the folder."""
    config = {'type': 'mmcuts3d.DepthFromFiles', 'root': tmp_path / 'no'}
    with pytest.raises(FileNotFoundError, match=str(tmp_path / 'no')):
        run(cuts3d(config), sample(scene[0]))


def test_a_flat_image_has_no_instances():
    image = np.full((*SIZE, 3), 90, np.uint8)
    (result,) = run(cuts3d(), sample(image))
    found = result.pred_instances
    assert result.get('error') is None
    assert found.masks.shape == (0, *SIZE)
    assert found.bboxes.dtype == found.scores.dtype == torch.float32
    assert found.labels.dtype == torch.long


def test_a_labeller_is_not_trained():
    labeler = cuts3d()
    with pytest.raises(RuntimeError, match=r'tools/generate_pseudo_labels'):
        labeler(torch.zeros(1, 3, 8, 8), [], mode='loss')
    assert list(labeler.parameters()) == []


def test_tensor_mode_gives_the_features(scene):
    image, _ = scene
    rgb = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    (features,) = cuts3d()(rgb, mode='tensor')
    np.testing.assert_array_equal(features[0], classical_features(image))


def test_an_unknown_way_with_errors():
    with pytest.raises(ValueError, match="`on_error`.*'ignore'"):
        cuts3d(on_error='ignore')


def test_a_mask_that_vanishes_is_left_out():
    masks = np.zeros((2, 64, 64), bool)
    masks[0, :32] = True
    masks[1, 5, 5] = True
    grids = masks[:, ::8, ::8]
    found = PseudoInstances(
        masks=masks,
        patch_masks=grids,
        scores=np.array([0.5, 1.0], np.float32),
        confidences=grids.astype(np.float32),
        boxes=np.zeros((2, 4), np.float32),
    )
    data = to_instance_data(at_size(found, (8, 8)))
    assert data.scores.tolist() == [0.5]
    assert data.bboxes.tolist() == [[0, 0, 8, 4]]


def test_the_labeller_is_registered():
    assert MODELS.get('CutS3DLabeler') is CutS3DLabeler
