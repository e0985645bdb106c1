"""Processes of a launcher: shards to whoever is free, and who fails."""

import multiprocessing
import os
import socket

import pytest
import torch
from helpers.stores import make_store
from mmengine.dist import init_dist

from mmcuts3d.engine.executors import run_labeling
from mmcuts3d.engine.labeling import merge_job
from mmcuts3d.labels import merge_stores, open_store

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason='for a machine without a GPU'
)


class Letters:
    """A job of six shards that keeps what each process did."""

    doing = 'labeling'

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


def process(rank, port, job_of, answers, runs=1):
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
    )
    init_dist('pytorch', backend='gloo')
    job = job_of()
    said = []
    for _ in range(runs):
        try:
            said.append(run_labeling(job, silence=2))
        except (ValueError, RuntimeError, OSError) as error:
            said.append(str(error))
    answers.put((rank, said, getattr(job, 'closed', None)))


def run(kind, number=2):
    both = multiprocessing.get_context('fork').Barrier(2)
    runs = 2 if kind == 'good' else 1
    return run_job(lambda: Letters(kind, both), number, runs)


def run_job(job_of, number=2, runs=1):
    """What each process says to a job, and how often it was closed."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context('fork')
    answers = context.Queue()
    processes = [
        context.Process(
            target=process, args=(rank, port, job_of, answers, runs)
        )
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


@pytest.mark.parametrize('backend', ['jsonl', 'parquet'])
def test_a_merge_is_shared(backend, tmp_path):
    """Of a Parquet store shard by shard; of files by the first process."""
    for seed, name in enumerate('ab'):
        make_store(tmp_path / name, backend, seed=seed)
    stores = [open_store(tmp_path / name) for name in 'ab']
    merge_stores(*stores, tmp_path / 'one', 0.5, 0.3)
    out = tmp_path / 'out'
    words = (tmp_path / 'a', tmp_path / 'b', out, 0.5, 0.3)
    found = run_job(lambda: merge_job(*words))
    path = out if backend == 'parquet' else tmp_path / 'out.json'
    assert found == {rank: ([path], None) for rank in (0, 1)}
    assert {r.file_name: r.to_dict() for r in open_store(path)} == {
        r.file_name: r.to_dict() for r in open_store(tmp_path / 'one')
    }
