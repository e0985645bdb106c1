"""Accuracy and mIoU against slow literal versions and against scikit-learn."""

from itertools import permutations
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from sklearn import metrics

from mmcuts3d.registry import METRICS
from projects.depthg.depthg.evaluation import (
    UNMATCHED,
    UnsupervisedSegMetric,
    accuracy,
    class_iou,
    confusion_matrix,
    match_clusters,
    merge_clusters,
)
from projects.depthg.depthg.structures import SegDataSample


def slow_measures(maps, num_clusters, num_classes):
    """Accuracy, and the mIoUs, of the best of all assignments."""
    pixels = [
        (int(p), int(t))
        for predicted, truth in maps
        for p, t in zip(predicted.ravel(), truth.ravel(), strict=True)
        if t != 255
    ]
    names = [*range(num_classes)] + [None] * (num_clusters - num_classes)
    tried: dict[int, list[float]] = {}
    for given in set(permutations(names, num_clusters)):
        right = sum(given[p] == t for p, t in pixels)
        ious = []
        for k in range(num_classes):
            both = sum(given[p] == k and t == k for p, t in pixels)
            either = sum(given[p] == k or t == k for p, t in pixels)
            if either:
                ious.append(both / either)
        tried.setdefault(right, []).append(100 * sum(ious) / len(ious))
    right = max(tried)
    return 100 * right / len(pixels), tried[right]


def random_maps(seed, num_clusters, num_classes, number=3):
    rng = np.random.default_rng(seed)
    names = rng.permutation(num_clusters)
    maps = []
    for _ in range(number):
        truth = rng.integers(0, num_classes, (6, 7))
        predicted = names[truth]
        wrong = rng.random(truth.shape) < 0.4
        predicted[wrong] = rng.integers(0, num_clusters, wrong.sum())
        truth[rng.random(truth.shape) < 0.1] = 255
        maps.append((predicted, truth))
    return maps


def sample_of(truth, clusters=None, labels=None):
    sample = SegDataSample(metainfo=dict(img_path='a/b.png'))
    if truth is not None:
        sample.label_map = torch.as_tensor(truth)
    if clusters is not None:
        sample.pred_clusters = torch.as_tensor(clusters)
    if labels is not None:
        sample.pred_labels = torch.as_tensor(labels)
    return sample


def measured(samples, num_classes, **settings):
    metric = METRICS.build(
        dict(type='mmcuts3d.UnsupervisedSegMetric', **settings)
    )
    evaluator = Evaluator(metric)
    names = tuple(f'c{k}' for k in range(num_classes))
    evaluator.dataset_meta = dict(classes=names)
    for sample in samples:
        evaluator.process([sample])
    return evaluator.evaluate(len(samples)), metric


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('sizes', [(4, 4), (5, 3)])
def test_equals_all_assignments_tried(seed, sizes):
    num_clusters, num_classes = sizes
    maps = random_maps(seed, num_clusters, num_classes)
    got, _ = measured(
        [sample_of(truth, clusters=p) for p, truth in maps],
        num_classes,
        num_clusters=num_clusters,
    )
    slow = slow_measures(maps, num_clusters, num_classes)
    assert got['unsupervised_accuracy'] == pytest.approx(slow[0])
    assert any(
        got['unsupervised_mIoU'] == pytest.approx(miou) for miou in slow[1]
    )


def test_the_linear_probe_is_measured_as_scikit_learn_does():
    maps = random_maps(5, 6, 6)
    samples = [sample_of(truth, labels=p) for p, truth in maps]
    got, _ = measured(samples, 6, per_class=True)
    predicted = np.concatenate([p.ravel() for p, _ in maps])
    truth = np.concatenate([t.ravel() for _, t in maps])
    predicted, truth = predicted[truth != 255], truth[truth != 255]
    iou = metrics.jaccard_score(truth, predicted, average=None)
    assert got['linear_accuracy'] == pytest.approx(
        100 * metrics.accuracy_score(truth, predicted)
    )
    assert got['linear_mIoU'] == pytest.approx(100 * iou.mean())
    assert got['linear_IoU/c2'] == pytest.approx(100 * iou[2])
    expected = metrics.confusion_matrix(truth, predicted, labels=range(6))
    assert np.array_equal(confusion_matrix(predicted, truth, 6, 6), expected.T)


def test_a_case_by_hand():
    # Six pixels: cluster 1 is class 0 (2 of 3 right), cluster 0 is class 1.
    truth = np.array([[0, 0, 1], [1, 1, 255]])
    clusters = np.array([[1, 1, 1], [0, 0, 0]])
    got, metric = measured([sample_of(truth, clusters)], 2)
    assert metric.matched.tolist() == [1, 0]
    assert got['unsupervised_accuracy'] == pytest.approx(80)
    assert got['unsupervised_mIoU'] == pytest.approx(100 * 2 / 3)


def test_one_assignment_for_the_whole_set():
    # Each image alone would be perfect: together half of it is right.
    truth = np.zeros((2, 2), int)
    truth[1] = 1
    samples = [sample_of(truth, truth), sample_of(truth, 1 - truth)]
    got, _ = measured(samples, 2)
    assert got['unsupervised_accuracy'] == pytest.approx(50)


def test_more_clusters_than_classes():
    confusion = np.array([[5, 0], [3, 1], [0, 4], [0, 2]])
    assert match_clusters(confusion).tolist() == [0, UNMATCHED, 1, UNMATCHED]
    merged = merge_clusters(confusion, match_clusters(confusion))
    assert merged.tolist() == [[5, 0], [0, 4], [3, 3]]
    assert accuracy(merged) == pytest.approx(100 * 9 / 15)
    np.testing.assert_allclose(class_iou(merged), [500 / 8, 400 / 7])
    matched = match_clusters(confusion, 'majority')
    assert matched.tolist() == [0, 0, 1, 1]
    merged = merge_clusters(confusion, matched)
    assert merged.tolist() == [[8, 1], [0, 6], [0, 0]]
    assert accuracy(merged) == pytest.approx(100 * 14 / 15)


def test_fewer_clusters_than_classes():
    truth = np.array([[0, 1, 2]])
    got, metric = measured(
        [sample_of(truth, np.array([[0, 0, 1]]))], 3, num_clusters=2
    )
    assert sorted(metric.matched.tolist()) in ([0, 2], [1, 2])
    assert got['unsupervised_mIoU'] == pytest.approx((50 + 0 + 100) / 3)


def test_more_clusters_than_pixels():
    got, metric = measured(
        [sample_of([[0, 1]], [[40, 3]])], 2, num_clusters=50
    )
    assert got['unsupervised_accuracy'] == 100
    assert (metric.matched == UNMATCHED).sum() == 48


def test_a_class_that_is_nowhere_is_not_in_the_mean():
    got, _ = measured([sample_of([[0, 1]], labels=[[0, 1]])], 5)
    assert got['linear_mIoU'] == 100
    got, _ = measured([sample_of([[0, 1]], labels=[[0, 2]])], 5)
    assert got['linear_mIoU'] == pytest.approx(100 / 3)


def test_one_matching_of_many_images_equals_their_sum():
    maps = random_maps(9, 27, 27, number=12)
    got, _ = measured([sample_of(t, p, p) for p, t in maps], 27)
    total = sum(confusion_matrix(p, t, 27, 27) for p, t in maps)
    merged = merge_clusters(total, match_clusters(total))
    assert got['unsupervised_accuracy'] == accuracy(merged)
    assert got['unsupervised_mIoU'] == np.nanmean(class_iou(merged))
    assert got['linear_accuracy'] == accuracy(total)


BAD = {
    'no label map': ([(None, [[0]], None)], 'label map for a/b.png'),
    'no prediction': ([([[0]], None, None)], 'a/b.png to have pred_cl'),
    'another size': (
        [([[0, 1]], [[0]], None)],
        r'a/b.png: pred_clusters: .*\(1, 2\), but got \(1, 1\)',
    ),
    'a class outside the list': (
        [([[0, 7]], [[0, 1]], None)],
        'a/b.png: .*`truth` .*0 to 1, but got 0 to 7',
    ),
    'a cluster outside': (
        [([[0, 1]], [[0, 2]], None)],
        '`predicted` .*0 to 1, but got 0 to 2',
    ),
    'nothing is labelled': ([([[255]], [[0]], None)], 'labelled pixels'),
    'only some are predicted': (
        [([[0]], [[0]], [[0]]), ([[0]], [[0]], None)],
        '`pred_labels` of all 2 images, but got it of 1',
    ),
}


@pytest.mark.parametrize('case', BAD)
def test_bad_input(case):
    samples, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        measured([sample_of(*sample) for sample in samples], 2)


@pytest.mark.parametrize(
    'settings,words',
    [
        (dict(num_clusters=0), '`num_clusters`.* but got 0'),
        (dict(extra='merge'), "`extra`.*'majority'.* but got 'merge'"),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        UnsupervisedSegMetric(**settings)
    with pytest.raises(ValueError, match='`extra`'):
        match_clusters(np.eye(2), 'merge')


def test_classes_have_to_be_named():
    metric = UnsupervisedSegMetric()
    with pytest.raises(ValueError, match='name the classes'):
        metric.process(None, [sample_of([[0]], [[0]]).to_dict()])


def half(rank, port, maps, queue):
    import os

    from mmengine.dist import init_dist

    os.environ.update(
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
        RANK=str(rank),
        WORLD_SIZE='2',
        LOCAL_RANK='0',
    )
    init_dist('pytorch', backend='gloo')
    # As mmengine's sampler does: the odd one out is drawn twice.
    mine = [maps[i % len(maps)] for i in range(rank, len(maps) + 1, 2)]
    samples = [sample_of(t, p, p) for p, t in mine]
    metric = UnsupervisedSegMetric()
    metric.dataset_meta = dict(classes=tuple('abcd'))
    for sample in samples:
        metric.process(None, [sample.to_dict()])
    got = metric.evaluate(len(maps))
    if rank == 0:
        queue.put(got)


def test_two_processes_measure_what_one_does():
    import socket

    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
    maps = random_maps(2, 4, 4, number=5)
    context = get_context('fork')
    queue = context.Queue()
    workers = [
        context.Process(target=half, args=(rank, port, maps, queue))
        for rank in range(2)
    ]
    for worker in workers:
        worker.start()
    got = queue.get(timeout=240)
    for worker in workers:
        worker.join(60)
    alone, _ = measured([sample_of(t, p, p) for p, t in maps], 4)
    assert got == alone
