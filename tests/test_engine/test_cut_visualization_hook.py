"""CutVisualizationHook: pictures beside a test run of a labeler."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from helpers.labeler import cuts3d, run, sample, scene_of
from torch import nn

from mmcuts3d.engine.hooks import CutVisualizationHook
from mmcuts3d.visualization import point_cloud_viewer


@pytest.fixture
def batch(tmp_path):
    """Three images in files, as a test loop hands them to the labeler."""
    image, depth = scene_of(2)
    paths = [tmp_path / f'{name}.png' for name in 'abc']
    for path in paths:
        cv2.imwrite(str(path), image[..., ::-1])
    return [sample(image, path, depth=depth) for path in paths]


def test_every_second_image_is_drawn(tmp_path, monkeypatch, batch):
    # Plain pictures of the clouds, which are quicker.
    monkeypatch.setattr(point_cloud_viewer, '_run_worker', lambda *a: 'off')
    labeler = cuts3d(cut={'preset': 'touching', 'refine': {'crf': False}})
    runner = SimpleNamespace(model=labeler)
    hook = CutVisualizationHook(interval=2, out_dir=tmp_path / 'out')
    hook.before_test(runner)
    (tmp_path / 'c.png').unlink()  # read again for its picture, and gone
    hook.after_test_iter(runner, 0, outputs=run(labeler, *batch[:2]))
    hook.after_test_iter(runner, 1, outputs=run(labeler, *batch[2:]))
    hook.after_test(runner)
    written = sorted(
        path.relative_to(tmp_path / 'out').as_posix()
        for path in (tmp_path / 'out').glob('*/*')
    )
    assert written == ['clouds/000000_a.png', 'cuts/000000_a.png']
    assert not labeler.keep_steps


def test_sheets_go_to_the_backends(tmp_path, monkeypatch, batch):
    """The same sheet that a folder gets: with title, depth and cloud."""
    monkeypatch.setattr(point_cloud_viewer, '_run_worker', lambda *a: 'off')
    labeler = cuts3d(cut={'preset': 'touching', 'refine': {'crf': False}})
    added = []
    visualizer = SimpleNamespace(add_image=lambda *a: added.append(a))
    runner = SimpleNamespace(model=labeler, visualizer=visualizer)
    hook = CutVisualizationHook(interval=1)
    hook.before_test(runner)
    hook.after_test_iter(runner, 0, outputs=run(labeler, *batch[:1]))
    ((name, sheet),) = added
    assert name == '000000_a' and sheet.ndim == 3
    hook = CutVisualizationHook(interval=1, out_dir=tmp_path / 'out')
    hook.before_test(runner)
    hook.after_test_iter(runner, 0, outputs=run(labeler, *batch[:1]))
    written = cv2.imread(str(tmp_path / 'out' / 'cuts' / '000000_a.png'))
    np.testing.assert_array_equal(sheet, written[..., ::-1])


def test_bad_arguments():
    with pytest.raises(ValueError, match='interval'):
        CutVisualizationHook(interval=0)
    runner = SimpleNamespace(model=nn.Linear(1, 1))
    with pytest.raises(ValueError, match='labeler'):
        CutVisualizationHook().before_test(runner)
