"""Progress of a labeling run: a bar on a terminal, else lines in the log."""

import time
from types import TracebackType
from typing import Literal

from mmengine.dist import is_main_process
from mmengine.logging import print_log
from rich.console import Console
from rich.progress import Progress

from mmcuts3d.files.following import (
    INTERVAL,
    clock,
    progress_bar,
    progress_line,
)

Doing = Literal['labeling', 'merging', 'calibrating', 'clustering']
_DONE = {
    'labeling': 'labeled',
    'merging': 'merged',
    'calibrating': 'calibrated',
    'clustering': 'clustered',
}


class LabelingProgress:
    """Shows count, rate and the time that is left, on the first process.

    Use it as a context manager.

    Args:
        total (int, optional): Number of images of this process. Defaults to
            None: not known.
        interval (float): Seconds between two lines in the log. Defaults to
            10.
        doing (str): What is done to the images: 'labeling', 'merging',
            'calibrating' or 'clustering'. Defaults to 'labeling'.
        console (Console, optional): Where the bar goes. Defaults to None:
            standard error.
    """

    def __init__(
        self,
        total: int | None = None,
        interval: float = INTERVAL,
        doing: Doing = 'labeling',
        console: Console | None = None,
    ) -> None:
        self.doing = doing
        self.total = total
        self.interval = interval
        self.count = 0
        self._console = console or Console(stderr=True)
        self._bar: Progress | None = None
        self._start = self._last = time.monotonic()

    def __enter__(self) -> 'LabelingProgress':
        self._start = self._last = time.monotonic()
        if self.total == 0:
            return self
        if is_main_process() and self._console.is_terminal:
            self._bar = progress_bar(self.doing, self._console)
            self._task = self._bar.add_task('', total=self.total, rate='')
            self._bar.start()
        return self

    def update(self, number: int) -> None:
        """Count images.

        Args:
            number (int): How many were labeled since the last call.
        """
        self.show(self.count + number)

    def show(self, count: int) -> None:
        """Set the number of images, where several processes count them.

        Args:
            count (int): How many were labeled by all.
        """
        self.count = count
        now = time.monotonic()
        rate = self.count / max(now - self._start, 1e-9)
        if self._bar is not None:
            self._bar.update(
                self._task, completed=count, rate=f'{rate:.2f} images/s'
            )
        elif is_main_process() and now - self._last >= self.interval:
            self._last = now
            line = progress_line(
                self.doing, count, self.total, now - self._start, 'images'
            )
            print_log(line, logger='current')

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if is_main_process() and self.total != 0:
            elapsed = max(time.monotonic() - self._start, 1e-9)
            done = f'{_DONE[self.doing]} {self.count} images'
            rate = self.count / elapsed
            print_log(
                f'{done} in {clock(elapsed)} ({rate:.2f} images/s)',
                logger='current',
            )
