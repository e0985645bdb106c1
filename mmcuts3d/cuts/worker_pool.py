"""A pool of processes for the CPU work of a batch of images.

Unlike the standard library's pools it imports nothing of the caller's main
script, so that it works from any script, notebook or launcher, with CUDA in
the parent, and a process takes a second to start; and a process that is
killed costs its task a second try, not the pool.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import IO, Any

from ._check import check_count
from .closing import Closing

#: Libraries that would start threads of their own in each process.
ONE_THREAD = (
    'OMP_NUM_THREADS',
    'OPENBLAS_NUM_THREADS',
    'MKL_NUM_THREADS',
    'NUMBA_NUM_THREADS',
)
#: How often a task is tried whose process dies.
TRIES = 2

Task = tuple[Future[Any], bytes]


class WorkerPool(Closing):
    """Runs functions in processes of one thread each.

    They start with the first task, and end when the pool is closed or is
    forgotten, or with their parent, even one that is killed.

    Args:
        workers: Number of processes; 0 runs everything in the caller.
        waiting: Tasks that may wait; then :meth:`submit` does. Defaults to
            None: 4 for each process.

    Raises:
        ValueError: On a number out of range.
    """

    def __init__(self, workers: int, waiting: int | None = None) -> None:
        self.workers = check_count('workers', workers, 0)
        if waiting is None:
            waiting = 4 * max(workers, 1)
        self.waiting = check_count('waiting', waiting)
        self._tasks: queue.Queue[Task | None] = queue.Queue(self.waiting)
        self._running: list[Worker] = []
        # Not a method: the pool can be forgotten while its threads wait.
        self._end = weakref.finalize(
            self, _end, os.getpid(), self._running, self._tasks
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, in this process or in another, has processes of its own."""
        return WorkerPool, (self.workers, self.waiting)

    def _start(self) -> None:
        while len(self._running) < self.workers:
            worker = Worker()
            self._running.append(worker)
            threading.Thread(
                target=_serve, args=(worker, self._tasks), daemon=True
            ).start()

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes that run now."""
        found = (worker.process for worker in self._running)
        return [process.pid for process in found if process is not None]

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run a function; waits while too many tasks do.

        Args:
            function: Of a module that both sides can import.
            *args: What can be pickled.

        Returns:
            Its result, or what it raised; a RuntimeError if two processes
            died of it.

        Raises:
            ValueError: If the pool is closed.
        """
        if self._closed():
            raise ValueError(
                'Expected a pool that is open, but got one that was closed.'
            )
        future: Future[Any] = Future()
        if self.workers:
            self._start()
            self._tasks.put((future, pickle.dumps((function, args), 5)))
            if self._closed():  # closed by another thread meanwhile
                future.cancel()
        else:
            try:
                future.set_result(function(*args))
            except Exception as error:
                future.set_exception(error)
        return future

    def _closed(self) -> bool:
        return not self._end.alive

    def close(self) -> None:
        """End the processes; what still waits is cancelled."""
        self._end()


class Worker:
    """The parent's end of one process, started when it is needed."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.ended = False
        self._lock = threading.Lock()

    def ask(self, task: bytes) -> tuple[bool, Any]:
        """Whether a task went well, and its result or error.

        Raises:
            EOFError: If the process died.
        """
        with self._lock:
            if self.ended:
                raise EOFError
            if self.process is None:
                self.process = self._start()
            process = self.process
        target, source = process.stdin, process.stdout
        if target is None or source is None:
            raise EOFError
        try:
            _send(target, task)
            answer = _receive(source)
        except OSError as error:  # a broken pipe
            raise EOFError from error
        reply: tuple[bool, Any] = pickle.loads(answer)
        return reply

    def bury(self) -> int | None:
        """Forget a process that died; its exit status."""
        process = self.process
        if process is None:
            return None
        self.process = None
        process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not sent
                    pipe.close()
        return status

    def end(self) -> None:
        """End the process, and start no other."""
        with self._lock:
            self.ended = True
            process = self.process
        if process is not None:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        one = dict.fromkeys(ONE_THREAD, '1')
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        return subprocess.Popen(
            [sys.executable, '-m', __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                **one,
                'PYTHONPATH': path,
                'PYTHONSAFEPATH': '1',  # not the folder it is started in
            },
        )


def _serve(worker: Worker, tasks: queue.Queue[Task | None]) -> None:
    """Hand tasks to one process, until the pool is closed."""
    while True:
        task = tasks.get()
        if task is None:
            return
        future, message = task
        if not future.set_running_or_notify_cancel():
            continue
        status = None
        for _ in range(TRIES):
            try:
                fine, result = worker.ask(message)
            except EOFError:
                status = worker.bury()
                if worker.ended:
                    break
                continue
            except Exception as error:  # a result that cannot be unpickled
                fine, result = False, error
            if fine:
                future.set_result(result)
            else:
                future.set_exception(result)
            break
        if not future.done():
            future.set_exception(_death(status, worker.ended))


def _death(status: int | None, ended: bool) -> RuntimeError:
    if ended:
        return RuntimeError('The pool of processes was closed.')
    how = f'signal {-status}' if status and status < 0 else f'status {status}'
    return RuntimeError(
        f'{TRIES} worker processes died of one task, the last with {how}. '
        'Signal 9 mostly means that memory ran out: take fewer workers.'
    )


def _end(
    owner: int, running: list[Worker], tasks: queue.Queue[Task | None]
) -> None:
    if os.getpid() != owner:  # a copy that fork made
        return
    while True:
        try:
            task = tasks.get_nowait()
        except queue.Empty:
            break
        if task is not None:
            task[0].cancel()
    for worker in running:
        worker.end()
    for _ in running:
        try:
            tasks.put_nowait(None)
        except queue.Full:
            break


def _send(target: IO[bytes], message: bytes) -> None:
    target.write(len(message).to_bytes(8, 'little'))
    target.write(message)
    target.flush()


def _receive(source: IO[bytes]) -> bytes:
    size = int.from_bytes(_read(source, 8), 'little')
    return _read(source, size)


def _read(source: IO[bytes], size: int) -> bytes:
    found = source.read(size)
    if len(found) < size:
        raise EOFError
    return found


def main() -> None:
    """What a process does: tasks from its input, results to its output."""
    # Ctrl-C is for the parent, with which this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = sys.stdin.buffer
    # Whatever prints must not print between the results.
    target = os.fdopen(os.dup(sys.stdout.fileno()), 'wb')
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while True:
        try:
            message = _receive(source)
        except EOFError:  # the parent has gone
            return
        try:
            function, args = pickle.loads(message)
            reply = pickle.dumps((True, function(*args)), 5)
        except Exception as error:
            reply = pickle.dumps((False, _portable(error)), 5)
        try:
            _send(target, reply)
        except BrokenPipeError:
            os._exit(0)


def _portable(error: Exception) -> Exception:
    """The error itself if it can be sent, else its words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        text = ''.join(traceback.format_exception(error))
        return RuntimeError(f'In a worker process: {text}')
    return error


if __name__ == '__main__':
    main()
