"""Kill -9 at every moment of a run; then the same run again loses nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import ROOT
from helpers.stores import NAMES, label

from mmcuts3d.labels import BACKENDS, begin_store, open_store
from mmcuts3d.labels.journal import Journal
from mmcuts3d.labels.lock import LOCK_FILE

pytestmark = pytest.mark.skipif(
    sys.platform == 'win32', reason='no kill -9 there'
)


def run(folder, backend):
    """Label seven images in two shards; one fails."""
    names = NAMES[:7]
    with begin_store(folder, names, 'x', backend, shard_size=4) as started:
        for plan in started.plan():
            label(plan, failing=NAMES[5:6])
        started.finish()


class Moments:
    """Counts what a run does to its files, and dies at one of them."""

    def __init__(self, fatal):
        self.count, self.fatal = 0, fatal

    def pass_one(self):
        self.count += 1
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self):
        for owner, name in (
            (os, 'fsync'),
            (os, 'replace'),
            (Path, 'unlink'),
        ):
            setattr(owner, name, self._around(getattr(owner, name)))
        write = Journal._write

        def write_in_halves(journal, lines):
            with journal.path.open('ab') as file:
                before = file.tell()
                file.write(lines[: len(lines) // 2])
            self.pass_one()
            os.truncate(journal.path, before)
            write(journal, lines)

        Journal._write = write_in_halves

    def _around(self, function):
        def watched(*arguments, **settings):
            self.pass_one()
            result = function(*arguments, **settings)
            self.pass_one()
            return result

        return watched


def in_a_fork(folder, backend, fatal=0):
    """Number of moments of a whole run; None if it was killed."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            moments = Moments(fatal)
            moments.watch()
            run(folder, backend)
            os.write(theirs, str(moments.count).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(theirs)
    _, status = os.waitpid(child, 0)
    with os.fdopen(ours) as pipe:
        said = pipe.read()
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert status == 0, folder
    return int(said)


def check_same(folder, whole, where):
    """Byte for byte, and nothing is left behind."""
    found, expected = content(folder), content(whole)
    assert found.keys() == expected.keys(), (where, [*found], [*expected])
    for name, value in expected.items():
        assert found[name] == value, (where, name)


def content(folder):
    """All but the lines of journals, whose order is that of the shards."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if not path.name.startswith('records.')
    }


def check_all_moments(folder, backend):
    total = in_a_fork(folder / 'whole', backend)
    assert LOCK_FILE not in content(folder / 'whole')
    assert total > 40
    for fatal in range(1, total + 1):
        out = folder / str(fatal)
        assert in_a_fork(out, backend, fatal) is None, fatal
        if not fatal % 4:  # once more, at another moment, if it gets there
            in_a_fork(out, backend, 1 + (7 * fatal) % total)
        assert in_a_fork(out, backend) is not None, fatal
        check_same(out, folder / 'whole', fatal)
        assert len(open_store(out)) == 6


def check_kills_from_outside(folder, backend):
    rng = random.Random(0)
    begin = time.monotonic()
    in_a_fork(folder / 'whole', backend)
    took = time.monotonic() - begin
    for number in range(4):
        out = folder / f'outside_{number}'
        for _ in range(2):
            child = os.fork()
            if not child:
                try:
                    run(out, backend)
                finally:
                    os._exit(0)
            time.sleep(rng.uniform(0, took))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert in_a_fork(out, backend) is not None
        check_same(out, folder / 'whole', number)


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize('how', ['all_moments', 'kills_from_outside'])
def test_a_killed_run_ends_as_an_unbroken_one(how, backend, tmp_path):
    """In a process of its own, which forks those that are killed."""
    code = (
        'import pathlib, sys; import test_store_kills as here; '
        f'here.check_{how}(pathlib.Path(sys.argv[1]), sys.argv[2])'
    )
    paths = [str(ROOT), str(ROOT / 'tests'), os.path.dirname(__file__)]
    result = subprocess.run(
        [sys.executable, '-c', code, str(tmp_path), backend],
        env={
            **os.environ,
            'PYTHONPATH': os.pathsep.join(paths),
            'OMP_NUM_THREADS': '1',
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
