"""Processes that are killed, refuse, print, or lose their parent."""

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from helpers import ROOT

from mmcuts3d.cuts.worker_pool import WorkerPool

TIMEOUT = 60


@pytest.fixture(scope='module')
def pool():
    with WorkerPool(2) as pool:
        yield pool


def gone(pid):
    """Whether a process ends soon: it is no more, or waits for its parent."""
    for _ in range(200):
        try:
            with open(f'/proc/{pid}/stat') as file:
                if file.read().rpartition(')')[2].split()[0] == 'Z':
                    return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_results_belong_to_their_tasks(pool):
    futures = [pool.submit(divmod, n, 7) for n in range(40)]
    got = [future.result(TIMEOUT) for future in futures]
    assert got == [divmod(n, 7) for n in range(40)]
    others = {pool.submit(os.getpid).result(TIMEOUT) for _ in range(8)}
    assert others <= set(pool.pids) and os.getpid() not in others


def test_an_error_is_that_of_its_task(pool):
    bad = pool.submit(int, 'x')
    good = pool.submit(int, '7')
    with pytest.raises(ValueError, match='invalid literal'):
        bad.result(TIMEOUT)
    assert good.result(TIMEOUT) == 7


def test_what_cannot_be_sent_back_is_told(pool):
    with pytest.raises(Exception, match='pickle'):
        pool.submit(compile, '1', 'x', 'eval').result(TIMEOUT)
    assert pool.submit(abs, -3).result(TIMEOUT) == 3


def test_a_process_has_one_thread_and_may_print(pool):
    assert pool.submit(os.getenv, 'OMP_NUM_THREADS').result(TIMEOUT) == '1'
    pool.submit(print, 'between the results').result(TIMEOUT)
    assert pool.submit(abs, -4).result(TIMEOUT) == 4


def test_ctrl_c_is_for_the_parent(pool):
    slow = [pool.submit(time.sleep, 0.5) for _ in range(2)]
    while not all(future.running() for future in slow):
        time.sleep(0.01)
    pids = pool.pids
    for pid in pids:
        os.kill(pid, signal.SIGINT)
    assert [future.result(TIMEOUT) for future in slow] == [None, None]
    assert pool.pids == pids


def test_a_killed_process_is_replaced():
    with WorkerPool(1) as pool:
        first = pool.submit(os.getpid).result(TIMEOUT)
        slow = pool.submit(time.sleep, 1)
        while not slow.running():
            time.sleep(0.01)
        os.kill(first, signal.SIGKILL)
        assert slow.result(TIMEOUT) is None  # the second try
        second = pool.submit(os.getpid).result(TIMEOUT)
        assert second != first and gone(first)


def test_a_task_that_kills_is_given_up_and_no_other():
    with WorkerPool(1) as pool:
        bad = pool.submit(os._exit, 3)
        good = pool.submit(abs, -5)
        with pytest.raises(RuntimeError, match='2 worker .* with status 3'):
            bad.result(TIMEOUT)
        assert good.result(TIMEOUT) == 5


def test_closing_ends_what_runs_and_what_waits():
    pool = WorkerPool(1)
    runs, waits = pool.submit(time.sleep, 100), pool.submit(abs, 1)
    while not runs.running():
        time.sleep(0.01)
    while not pool.pids:
        time.sleep(0.01)
    pids = pool.pids
    pool.close()
    with pytest.raises(RuntimeError, match='closed'):
        runs.result(TIMEOUT)
    assert waits.cancelled()
    assert all(gone(pid) for pid in pids)
    with pytest.raises(ValueError, match='a pool that is open'):
        pool.submit(abs, 1)
    pool.close()


def test_a_pool_that_is_forgotten_ends():
    pool = WorkerPool(1)
    pid = pool.submit(os.getpid).result(TIMEOUT)
    del pool
    assert gone(pid)


def test_a_copy_has_processes_of_its_own(pool):
    with pickle.loads(pickle.dumps(pool)) as copy:
        assert (copy.workers, copy.waiting) == (pool.workers, pool.waiting)
        pid = copy.submit(os.getpid).result(TIMEOUT)
        assert pid not in pool.pids
    assert pool.submit(abs, -6).result(TIMEOUT) == 6


def test_processes_end_with_a_parent_that_is_killed():
    """From a script without a guard: it is not imported again."""
    code = """
        import os, sys, time
        from mmcuts3d.cuts.worker_pool import WorkerPool
        pool = WorkerPool(2)
        busy = [pool.submit(time.sleep, 1) for _ in range(2)]
        while len(pool.pids) < 2:
            time.sleep(0.01)
        print(*pool.pids, flush=True)
        time.sleep(100)
    """
    with subprocess.Popen(
        [sys.executable, '-c', textwrap.dedent(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_without_processes_the_caller_works():
    with WorkerPool(0) as pool:
        assert pool.submit(os.getpid).result() == os.getpid()
        with pytest.raises(ValueError, match='literal'):
            pool.submit(int, 'x').result()
        assert pool.pids == []


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'workers': -1}, '`workers` to be an integer >= 0'),
        ({'workers': 1, 'waiting': 0}, '`waiting`'),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        WorkerPool(**settings)
