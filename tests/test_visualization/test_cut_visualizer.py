"""The registered visualizer, as mmdet's hooks and tools use it."""

import cv2
import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks
from mmengine.structures import InstanceData
from mmengine.visualization import Visualizer

from mmcuts3d.cuts.types import CutStep
from mmcuts3d.registry import VISUALIZERS
from mmcuts3d.visualization import cut_visualizer


@pytest.fixture
def visualizer(request):
    return VISUALIZERS.build(
        {'type': 'CutVisualizer', 'name': f'test-{request.node.name}'}
    )


def sample(scores=(0.9, 0.8)):
    masks = torch.zeros(2, 40, 60, dtype=torch.bool)
    masks[0, 5:25, 5:25], masks[1, 15:35, 30:55] = True, True
    found = InstanceData(
        masks=masks,
        bboxes=torch.tensor([[5.0, 5, 25, 25], [30, 15, 55, 35]]),
        scores=torch.tensor(scores),
        labels=torch.zeros(2, dtype=torch.long),
    )
    return DetDataSample(pred_instances=found)


def grey():
    return np.full((40, 60, 3), 128, np.uint8)


def test_instances_of_one_class_differ_in_colour(visualizer):
    visualizer.add_datasample('x', grey(), sample(), draw_gt=False)
    drawn = visualizer.get_image()
    assert drawn.shape == (40, 60, 3) and drawn.dtype == np.uint8
    assert drawn[15, 20].tolist() != drawn[25, 50].tolist()
    assert drawn[38, 2].tolist() == [128] * 3


def test_low_scores_are_not_drawn(visualizer):
    visualizer.add_datasample(
        'x', grey(), sample((0.9, 0.2)), draw_gt=False, pred_score_thr=0.3
    )
    assert visualizer.get_image()[25, 50].tolist() == [128] * 3


def test_ground_truth_and_prediction_side_by_side(visualizer, tmp_path):
    both = sample()
    both.gt_instances = InstanceData(
        masks=BitmapMasks(np.ones((1, 40, 60), np.uint8), 40, 60),
        bboxes=HorizontalBoxes(torch.tensor([[0.0, 0, 60, 40]])),
        labels=torch.zeros(1, dtype=torch.long),
    )
    path = tmp_path / 'both.png'
    visualizer.add_datasample('x', grey(), both, out_file=str(path))
    assert cv2.imread(str(path)).shape == (40, 120, 3)


def test_no_instances(visualizer):
    visualizer.add_datasample('x', grey(), sample((0.0, 0.0)), draw_gt=False)
    assert (visualizer.get_image() == 128).all()


def test_cut_is_written(visualizer, tmp_path):
    local = np.zeros((5, 6), bool)
    local[1:3, 2:4] = True
    step = CutStep(
        eigenvector=local.astype(float),
        semantic_mask=local,
        local_cut=local,
        confidence=local.astype(np.float32),
        seed=(1, 2),
    )
    path = tmp_path / 'new' / 'cut.png'
    visualizer.add_cut('image', grey(), [step], out_file=path)
    assert np.array_equal(
        cv2.imread(str(path))[..., ::-1], visualizer.get_image()
    )
    assert visualizer.get_image().std() > 10


def test_without_a_display_show_returns_with_a_word(visualizer, monkeypatch):
    said, shown = [], []
    monkeypatch.setattr(
        cut_visualizer, 'print_log', lambda text, *a: said.append(text)
    )
    monkeypatch.setattr(cut_visualizer, 'display_problem', lambda: 'dead')
    monkeypatch.setattr(
        Visualizer, 'show', lambda *a, **k: shown.append(a[1:])
    )
    for _ in range(2):
        visualizer.add_datasample('x', grey(), sample(), show=True)
    assert len(said) == 1 and 'dead' in said[0] and shown == []
    monkeypatch.setattr(visualizer, '_display_problem', '')
    visualizer.add_datasample('x', grey(), sample(), show=True)
    assert len(shown) == 1
