"""What a test run of mmengine writes into its JSON file, metric by metric."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from helpers.coco import box_of, random_mask, sample_of, write_truth
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmcuts3d.evaluation import DumpPseudoLabels

METRICS = [
    'ClassAgnosticCocoMetric',
    'SameClassRecallMetric',
    'SegmentationSplitMetric',
    'CorLocMetric',
    'ConfidenceQualityMetric',
]


class Replay(BaseModel):
    """A model that knows its predictions by heart."""

    def __init__(self, samples):
        super().__init__()
        self.samples = samples

    def forward(self, inputs, data_samples=None, mode='predict'):
        return [self.samples[int(index)] for index in inputs]


@pytest.fixture
def scene(tmp_path):
    """A truth file, and samples of three images, one of which failed."""
    rng = np.random.default_rng(3)
    truth = {n: [random_mask(rng), random_mask(rng)] for n in (1, 2, 3)}
    samples = []
    for image_id, masks in truth.items():
        boxes = [box_of(mask) for mask in masks]
        sample = sample_of(image_id, masks, boxes, [0.9, 0.6])
        levels = torch.from_numpy(rng.integers(3, 7, (2, 6, 8)) / 6)
        sample.pred_instances.confidences = levels
        samples.append(sample)
    samples[1].set_metainfo({'error': 'it is broken'})
    return write_truth(tmp_path / 'gt.json', truth), samples


def run_test(samples, evaluator, work_dir):
    """The measures that Runner.test returns, and those in its file."""
    loader = DataLoader([{'inputs': n} for n in range(len(samples))])
    runner = Runner(
        model=Replay(samples),
        work_dir=str(work_dir),
        test_dataloader=loader,
        test_cfg={},
        test_evaluator=evaluator,
        experiment_name=work_dir.name,
        log_level='ERROR',
    )
    returned = runner.test()
    path = work_dir / runner.timestamp / f'{runner.timestamp}.json'
    written = json.loads(path.read_text())
    return returned, {name: written[name] for name in returned}


@pytest.mark.parametrize('name', METRICS)
def test_every_measure_is_written_as_it_is(scene, name, tmp_path):
    path, samples = scene
    metric = {'type': f'mmcuts3d.{name}', 'ann_file': str(path)}
    work_dir = tmp_path / f'json-{name}'
    returned, written = run_test(samples, [metric], work_dir)
    assert returned and None not in written.values()
    assert written == pytest.approx(returned, nan_ok=True)
    if name == 'ClassAgnosticCocoMetric':
        assert written['object/failed_images'] == 1


def test_counts_of_labels_are_written(scene, tmp_path):
    _, samples = scene
    metric = DumpPseudoLabels(str(tmp_path / 'labels'))
    _, written = run_test(samples, [metric], tmp_path / 'json-labels')
    assert written == {
        'labels/num_images': 2,
        'labels/num_masks': 4,
        'labels/num_errors': 1,
        'labels/mean_score': pytest.approx(0.75),
    }
    # Messages of a labeling run name counts: "4 masks", not "4.0 masks".
    summary = asdict(metric.summary)
    kinds = {name: type(n) for name, n in summary.items()}
    assert kinds == {
        'num_images': int,
        'num_masks': int,
        'num_errors': int,
        'mean_score': float,
    }
