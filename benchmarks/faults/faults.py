"""Kills labeling runs by kill -9, runs them again, and compares the stores.

    python benchmarks/faults/faults.py [--quick] [--executors local gloo ray]
        [--store jsonl parquet]

A run is a process forked from this one, which has imported everything; what
kills it is the system. Each broken run is followed by the same run, whose
files must equal those of an unbroken one byte by byte, journals aside.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import os
import random
import resource
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from PIL import Image

from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.engine.executors import run_on_ray
from mmcuts3d.engine.labeling import (
    LabelingJob,
    folder_dataloader,
    run_labeling,
)
from mmcuts3d.engine.processes import join_processes
from mmcuts3d.labels import BACKENDS

MODEL = {
    'type': 'mmcuts3d.CutS3DLabeler',
    'features': {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': 8},
    'depth': {'type': 'mmcuts3d.FlatDepth'},
    'cut': {'preset': 'touching', 'refine': None},
}
LOADER = {
    'batch_size': 1,
    'num_workers': 0,
    'dataset': {
        'type': 'mmcuts3d.ImageFolder',
        'data_prefix': {'img': 'replaced'},
        'serialize_data': False,
        'pipeline': [
            {'type': 'mmcuts3d.LoadImage'},
            {
                'type': 'mmdet.PackDetInputs',
                'meta_keys': (
                    *('img_id', 'img_path', 'ori_shape', 'img_shape'),
                    'scale_factor',
                ),
            },
        ],
    },
}


def job_of(images: Path, out: Path, **settings) -> LabelingJob:
    """The job of a run."""
    loader = folder_dataloader(LOADER, images)
    return LabelingJob(MODEL, loader, out, device='cpu', **settings)


def fork(action: Callable[[], int], log: Path) -> int:
    """Run something in a process of its own; its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    # Ray ends what shares a process group with a driver that died.
    os.setsid()
    try:
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        code = action()
    except BaseException as error:  # a forked process must not go on
        os.write(2, f'{type(error).__name__}: {error}\n'.encode())
    finally:
        os._exit(code)


def code_of(pid: int) -> int:
    """Wait for a process; its exit code, or minus its signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Runs:
    """Starts the processes of a run under one executor."""

    def __init__(
        self,
        kind: str,
        images: Path,
        log: Path,
        count: int = 2,
        store: str = 'jsonl',
    ):
        self.kind, self.images, self.log = kind, images, log
        self.store = store
        self.count = count if kind == 'gloo' else 1
        self.address = None

    def start(self, out: Path, trap: Callable[[], None] | None = None):
        """Fork the processes; the trap is set in the last of them."""
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]

        def act(rank: int) -> int:
            if trap is not None and rank == self.count - 1:
                trap()
            if self.kind == 'gloo':
                os.environ.update(
                    RANK=str(rank),
                    LOCAL_RANK=str(rank),
                    WORLD_SIZE=str(self.count),
                    MASTER_ADDR='127.0.0.1',
                    MASTER_PORT=str(port),
                )
                join_processes('pytorch', {'backend': 'gloo'})
            job = job_of(self.images, out, store=self.store)
            if self.kind == 'ray':
                return run_on_ray(job, self.address, (1, 2)).exit_code
            return run_labeling(job).exit_code

        return [
            fork(lambda rank=rank: act(rank), self.log)
            for rank in range(self.count)
        ]

    def end(self, pids: list[int]) -> list[int]:
        """Wait as torchrun does: where one dies, it stops the others."""
        codes: dict[int, int] = {}
        while len(codes) < len(pids):
            for pid in set(pids) - set(codes):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    codes[pid] = os.waitstatus_to_exitcode(status)
                    if codes[pid] < 0:
                        for other in set(pids) - set(codes):
                            os.kill(other, signal.SIGKILL)
            time.sleep(0.005)
        return [codes[pid] for pid in pids]


def trap_mid_write(number: int) -> Callable[[], None]:
    """Cut the end of a write off, and kill -9."""

    def set_trap() -> None:
        calls = [0]
        flush = os.fsync

        def fsync(file: int) -> None:
            calls[0] += 1
            if calls[0] == number:
                found = os.fstat(file)
                if not stat.S_ISDIR(found.st_mode):
                    os.ftruncate(file, max(found.st_size - 7, 0))
                os.kill(os.getpid(), signal.SIGKILL)
            flush(file)

        os.fsync = fsync

    return set_trap


def trap_in_finish(number: int) -> Callable[[], None]:
    """Kill -9 before a finished file comes into its place."""

    def set_trap() -> None:
        calls = [0]
        move = os.replace

        def replace(*paths) -> None:
            calls[0] += 1
            if calls[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)
            move(*paths)

        os.replace = replace

    return set_trap


def trap_disk_full() -> None:
    """No file may grow beyond some kilobytes: a refusal of the system."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def same(out: Path, expected: Path) -> bool:
    """Whether two stores hold the same, byte by byte."""
    return content(out) == content(expected)


def content(folder: Path) -> dict[str, bytes]:
    """All files of a store but its journals, whose order is the shards'."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if not path.name.startswith('records.')
    }


def kills(runs: Runs, out: Path, expected: Path, number: int, seed: int):
    """Break runs and repair them; rows of the table."""
    began = time.monotonic()
    codes = runs.end(runs.start(out))
    lasts = time.monotonic() - began
    assert set(codes) == {3}, (codes, runs.log.read_text()[-2000:])
    kind = f'{runs.kind}, {runs.store}'
    rows = [(kind, 'unbroken run', 1, 0, int(same(out, expected)))]
    draw = random.Random(seed)
    ways = ['any moment', 'any moment', 'mid-write', 'in finish']
    if runs.kind == 'ray':  # its workers write: kill them from outside
        ways = ['any moment', 'a worker']
    if runs.kind == 'gloo':
        ways[3] = 'any moment'  # the trap sits in the last process
    counts: dict[str, list[int]] = {}
    turn = 0
    most = 6 if runs.store == 'parquet' else 3  # files with a name
    for _ in range(4 * number):  # some moments come when a run has ended
        if turn == number:
            break
        way = ways[turn % len(ways)]
        shutil.rmtree(out)
        trap = None
        if way == 'mid-write':
            trap = trap_mid_write(draw.randint(1, 8))
        elif way == 'in finish':
            trap = trap_in_finish(draw.randint(1, most))
        pids = runs.start(out, trap)
        if way == 'any moment':
            time.sleep(draw.uniform(0, lasts))
            os.kill(draw.choice(pids), signal.SIGKILL)
        elif way == 'a worker':
            kill_ray_worker(draw.uniform(0.3, 0.9) * lasts)
        codes = runs.end(pids)
        broke = any(code < 0 for code in codes)
        if way == 'a worker':
            broke = True
            codes = codes if set(codes) == {3} else [70]
        if runs.kind == 'gloo':  # goes on with another number of processes
            runs.count = 1 if turn % 2 else 2
        again = runs.end(runs.start(out)) if codes != [3] else codes
        runs.count = 2 if runs.kind == 'gloo' else 1
        well = set(again) == {3} and same(out, expected)
        row = counts.setdefault(way, [0, 0, 0])
        turn += broke
        row[0] += 1
        row[1] += broke
        row[2] += well
    return rows + [(kind, way, *row) for way, row in counts.items()]


def kill_ray_worker(after: float) -> None:
    """Kill -9 one actor of the pool, if one lives."""
    time.sleep(after)
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            name = path.read_bytes()
        except OSError:
            continue
        if name.startswith(b'ray::') and b'Worker' in name:
            os.kill(int(path.parent.name), signal.SIGKILL)
            return


def refusals(images: Path, expected: Path, folder: Path, log: Path):
    """Faults that are no kills; rows of the table."""
    runs = Runs('local', images, log)
    rows = []

    def row(fault: str, well: bool) -> None:
        rows.append(('local', fault, 1, '', int(well)))

    def refused(out: Path, *words: str, **settings) -> bool:
        try:
            job_of(images, out, **settings).plan()
        except ValueError as error:
            return all(word in str(error) for word in words)
        return False

    out = folder / 'full'
    code = code_of(*runs.start(out, trap_disk_full))
    again = code_of(*runs.start(out))
    row(
        'no room for a file: fails, goes on later',
        code not in (0, 3) and again == 3 and same(out, expected),
    )
    out = folder / 'flipped'
    shutil.copytree(expected, out)
    journal = sorted(out.glob('records.*'))[0]
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 4
    journal.write_bytes(content)
    row('a flipped bit: refused, file named', refused(out, journal.name))
    out = folder / 'cut'
    shutil.copytree(expected, out)
    journal = sorted(out.glob('records.*'))[0]
    journal.write_bytes(journal.read_bytes()[:-9])
    code = code_of(*runs.start(out))
    row('a truncated shard: labeled again', code == 3 and same(out, expected))
    old = job_of(images, expected).fingerprint
    new = job_of(images, expected, score_thr=0.5).fingerprint
    row(
        'a changed setting: refused with both values',
        refused(expected, old, new, score_thr=0.5),
    )
    out = folder / 'locked'
    holder = runs.start(out, lambda: None)
    while not (out / '.labeling.lock').exists():
        time.sleep(0.001)
    os.kill(holder[0], signal.SIGSTOP)
    row('a second run: refused by the lock', refused(out, 'labeling into'))
    os.kill(holder[0], signal.SIGKILL)
    code_of(holder[0])
    errors = (expected / 'errors.json').read_text()
    row('a poison image: listed, exit code 3', '07.png' in errors)
    return rows


def show(rows: list[tuple]) -> list[tuple]:
    """Print rows of the table."""
    for row in rows:
        print('| ' + ' | '.join(map(str, row)) + ' |', flush=True)
    return rows


def main() -> int:
    """Prints the table; 1 if a store was not what it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = ['local', 'gloo', 'ray']
    parser.add_argument('--executors', nargs='+', default=kinds, choices=kinds)
    parser.add_argument(
        '--store', nargs='+', default=list(BACKENDS), choices=BACKENDS
    )
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--quick', action='store_true', help='4 kills each')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    number = 4 if args.quick else args.kills
    init_default_scope('mmdet')
    MMLogger.get_instance('mmcuts3d')
    folder = Path(tempfile.mkdtemp(prefix='faults-'))
    images = folder / 'images'
    images.mkdir()
    for index in range(24):
        scene = make_scene(index, (96, 96))
        Image.fromarray(scene.image).save(images / f'{index:02d}.png')
    (images / '07.png').write_bytes(b'no image')
    log = folder / 'log.txt'
    print('| executor | fault | runs | broken | store as unbroken |')
    print('|---|---|---:|---:|---:|', flush=True)
    rows = []
    for store in args.store:
        expected = folder / f'expected_{store}'
        code = code_of(
            *Runs('local', images, log, store=store).start(expected)
        )
        assert code == 3, log.read_text()
        if store == 'jsonl':
            rows += show(refusals(images, expected, folder, log))
        for kind in args.executors:
            runs = Runs(kind, images, log, store=store)
            out = folder / f'{kind}_{store}'
            rows += show(kills(runs, out, expected, number, args.seed))
    wrong = sum(row[2] - row[4] for row in rows)
    print(f'{wrong} stores differ' if wrong else 'nothing is lost', flush=True)
    if not wrong:
        shutil.rmtree(folder)
    return int(wrong > 0)


if __name__ == '__main__':
    sys.exit(main())
