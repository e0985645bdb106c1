"""ScanNet's average precision against a slow, literal reading of it."""

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from projects.unscene3d.unscene3d.evaluation import (
    SceneInstanceMetric,
    evaluate_scenes,
)
from projects.unscene3d.unscene3d.models import SceneDataSample

THRESHOLDS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]


def slow_average_precision(predictions, truths, threshold, least):
    """One threshold, instance by instance, as the benchmark describes it."""
    scored, misses = [], 0
    for (masks, scores), truth in zip(predictions, truths, strict=True):
        true = {i: truth == i for i in sorted(set(truth.tolist())) if i != 0}
        guesses = [
            (mask, score)
            for mask, score in zip(masks, scores, strict=True)
            if mask.sum() >= least
        ]
        used = set()
        for body in true.values():
            if body.sum() < least:
                continue
            best, found = None, False
            for number, (mask, score) in enumerate(guesses):
                iou = (mask & body).sum() / (mask | body).sum()
                if iou <= threshold or number in used:
                    continue
                if found:
                    scored.append((min(best, score), False))
                    best = max(best, score)
                else:
                    best, found = score, True
                    used.add(number)
            if found:
                scored.append((best, True))
            else:
                misses += 1
        for mask, score in guesses:
            ious = [
                (mask & body).sum() / (mask | body).sum()
                for body in true.values()
            ]
            if any(iou > threshold for iou in ious):
                continue
            free = (mask & (truth == 0)).sum()
            for body in true.values():
                if body.sum() < least:
                    free += (mask & body).sum()
            if free / mask.sum() <= threshold:
                scored.append((score, False))
    positives = misses + sum(right for _, right in scored)
    if not positives:
        return np.nan
    points = []
    for level in sorted({score for score, _ in scored}):
        kept = [right for score, right in scored if score >= level]
        points.append((sum(kept) / len(kept), sum(kept) / positives))
    points.append((1.0, 0.0))
    recalls = [points[0][1]] + [r for _, r in points] + [0.0]
    return sum(
        precision * (recalls[i] - recalls[i + 2]) / 2
        for i, (precision, _) in enumerate(points)
    )


def random_scene(rng, vertices=240, kinds=6):
    truth = rng.integers(0, kinds, 12).repeat(vertices // 12)
    masks = []
    for _ in range(rng.integers(0, 9)):
        mask = truth == rng.integers(0, kinds)
        flips = rng.random(vertices) < rng.choice([0.02, 0.1, 0.3])
        masks.append(mask ^ flips)
    masks = np.array(masks, bool).reshape(-1, vertices)
    scores = rng.choice([0.1, 0.3, 0.5, 0.9], len(masks))
    return (masks, scores), truth


@pytest.mark.parametrize('seed', range(25))
def test_is_the_benchmarks(seed):
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng) for _ in range(rng.integers(1, 5))]
    predictions, truths = zip(*scenes, strict=True)
    least = int(rng.choice([1, 20, 50]))
    found = evaluate_scenes(predictions, truths, least)
    slow = {
        threshold: 100
        * slow_average_precision(predictions, truths, threshold, least)
        for threshold in (*THRESHOLDS, 0.25)
    }
    assert found['AP25'] == pytest.approx(slow[0.25], nan_ok=True)
    assert found['AP50'] == pytest.approx(slow[0.5], nan_ok=True)
    mean = np.mean([slow[threshold] for threshold in THRESHOLDS])
    assert found['AP'] == pytest.approx(mean, nan_ok=True)


def masks_of(truth, *ids):
    return np.array([truth == i for i in ids]).reshape(len(ids), -1)


TRUTH = np.repeat([0, 1, 2], [100, 150, 150])


def test_the_truth_is_perfect():
    found = evaluate_scenes([(masks_of(TRUTH, 1, 2), [0.9, 0.1])], [TRUTH])
    assert found == {'AP': 100.0, 'AP50': 100.0, 'AP25': 100.0}


def test_nothing_found_and_nothing_there():
    nothing = np.zeros((0, 400), bool)
    assert evaluate_scenes([(nothing, [])], [TRUTH])['AP'] == 0
    empty = np.zeros(400, int)
    assert np.isnan(evaluate_scenes([(nothing, [])], [empty])['AP25'])
    assert np.isnan(
        evaluate_scenes([(masks_of(TRUTH, 1), [1.0])], [empty])['AP50']
    )


def test_background_is_ignored_or_wrong():
    masks, scores = masks_of(TRUTH, 0, 1, 2), [0.9, 0.5, 0.5]
    assert evaluate_scenes([(masks, scores)], [TRUTH])['AP50'] == 100
    strict = evaluate_scenes([(masks, scores)], [TRUTH], background='wrong')
    assert strict['AP50'] < 80


def test_small_instances_do_not_count():
    truth = np.repeat([0, 1, 2], [100, 250, 50])
    masks = masks_of(truth, 1, 2)
    assert evaluate_scenes([(masks, [0.5, 0.9])], [truth])['AP'] == 100
    assert evaluate_scenes([(masks[:1], [0.5])], [truth])['AP'] == 100
    assert evaluate_scenes([(masks[:1], [0.5])], [truth], 50)['AP'] < 100


def sample(truth, ids, scores):
    found = SceneDataSample(metainfo={'name': 'a'})
    found.segments = torch.arange(len(truth))
    found.truth = torch.from_numpy(truth)
    found.pred_instances = InstanceData(
        masks=torch.from_numpy(masks_of(truth, *ids)),
        scores=torch.tensor(scores),
    )
    return found


def test_metric_of_mmengine():
    metric = SceneInstanceMetric()
    samples = [sample(TRUTH, [1], [0.9]), sample(TRUTH, [2, 1], [0.5, 0.4])]
    for one in samples:
        metric.process({}, [one.to_dict()])
    found = metric.evaluate(2)
    expected = evaluate_scenes(
        [
            (masks_of(TRUTH, 1), [0.9]),
            (masks_of(TRUTH, 2, 1), [0.5, 0.4]),
        ],
        [TRUTH, TRUTH],
    )
    assert found == {f'scenes/{key}': expected[key] for key in expected}
    with pytest.raises(ValueError, match='a: expected truth'):
        metric.process({}, [{'name': 'a', 'truth': None}])


@pytest.mark.parametrize(
    'masks,scores,truth,words',
    [
        (np.zeros((1, 3), int), [1], [0, 1, 1], 'bool'),
        (np.zeros((1, 3), bool), [1], [0, 1], '3 vertices.*another scene'),
        (np.zeros((1, 3), bool), [1, 1], [0, 1, 1], 'each of 1 predictions'),
        (np.zeros((1, 3), bool), [np.nan], [0, 1, 1], '1 NaN'),
    ],
)
def test_what_does_not_fit_is_refused(masks, scores, truth, words):
    with pytest.raises(ValueError, match='scene 0: .*' + words):
        evaluate_scenes([(masks, scores)], [np.array(truth)])
