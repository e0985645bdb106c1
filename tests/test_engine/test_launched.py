"""Processes of a launcher: shards to whoever is free, and who fails."""

import multiprocessing
import os
import socket

import pytest
import torch
from mmengine.dist import init_dist

from mmcuts3d.engine.executors import run_labeling

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason='for a machine without a GPU'
)


class Letters:
    """A job of six shards that keeps what each process did."""

    def __init__(self, kind, both):
        self.kind, self.both = kind, both
        self.closed = 0

    def plan(self):
        if self.kind == 'refused':
            raise ValueError('Expected a free folder')
        return list('abcdef')

    def size(self, shards):
        return len(shards)

    def label(self, shard, count=None):
        rank = int(os.environ['RANK'])
        if self.both is not None:  # each has a shard in its hands
            self.both.wait(60)
            self.both = None
        if self.kind == 'fails' and rank == 1:
            raise OSError(28, 'No space left on device')
        if self.kind == 'vanishes' and rank == 1:
            os._exit(9)
        count(1)

    def finish(self):
        return 'finished'

    def close(self):
        self.closed += 1


def process(rank, port, kind, answers, both):
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
    )
    init_dist('pytorch', backend='gloo')
    job = Letters(kind, both)
    said = []
    for _ in range(2 if kind == 'good' else 1):
        try:
            said.append(run_labeling(job, silence=2))
        except (ValueError, RuntimeError, OSError) as error:
            said.append(str(error))
    answers.put((rank, said, job.closed))


def run(kind, number=2):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context('fork')
    answers = context.Queue()
    both = context.Barrier(2)
    processes = [
        context.Process(target=process, args=(rank, port, kind, answers, both))
        for rank in range(2)
    ]
    for each in processes:
        each.start()
    got = [answers.get(timeout=60) for _ in range(number)]
    found = {rank: (said, closed) for rank, said, closed in got}
    for each in processes:
        each.join(60)
    return found


def test_all_get_the_result_run_after_run():
    assert run('good') == {rank: (['finished'] * 2, 2) for rank in (0, 1)}


def test_a_refused_plan_is_that_of_all():
    expected = (['Expected a free folder'], 1)
    assert run('refused') == {0: expected, 1: expected}


def test_a_failure_stops_the_others_with_its_reason():
    found = run('fails')
    assert 'No space left' in found[1][0][0]
    assert 'process 1 of 2 failed: OSError' in found[0][0][0]
    assert 'same command goes on' in found[0][0][0]


def test_a_process_that_vanishes_is_missed():
    found = run('vanishes', 1)
    assert 'no image for 2 seconds' in found[0][0][0]
    assert found[0][1] == 1
