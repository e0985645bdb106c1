"""Long work is followed: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

#: Seconds between two lines where there is no terminal.
INTERVAL = 10.0
T = TypeVar('T')


def followed(
    things: Iterable[T],
    total: int | None,
    doing: str,
    unit: str = 'images',
    console: Console | None = None,
    interval: float = INTERVAL,
) -> Iterator[T]:
    """Give things back one by one, and show how far that is.

    Args:
        things (Iterable): What is worked on.
        total (int, optional): How many there are; None: not known.
        doing (str): What is done to them, such as 'exporting'.
        unit (str): What they are. Defaults to 'images'.
        console (Console, optional): Where the bar goes. Defaults to None:
            standard error.
        interval (float): Seconds between two lines, where the console is no
            terminal. Defaults to 10.

    Yields:
        The things.
    """
    from rich.console import Console

    console = console or Console(stderr=True)
    start = last = time.monotonic()
    if console.is_terminal:
        with progress_bar(doing, console) as bar:
            task = bar.add_task('', total=total, rate='')
            for count, thing in enumerate(things, 1):
                yield thing
                rate = count / max(time.monotonic() - start, 1e-9)
                bar.update(task, completed=count, rate=f'{rate:.2f} {unit}/s')
        return
    for count, thing in enumerate(things, 1):
        yield thing
        now = time.monotonic()
        if now - last >= interval:
            last = now
            line = progress_line(doing, count, total, now - start, unit)
            sys.stderr.write(f'{line}\n')
            sys.stderr.flush()


def progress_bar(doing: str, console: Console) -> Progress:
    """A bar with count, rate and remaining time.

    Args:
        doing (str): What is done.
        console (Console): Where it is drawn.

    Returns:
        Progress: Its tasks need the field ``rate``.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn(doing),
        BarColumn(20),  # 80 columns hold the rest too
        MofNCompleteColumn(),
        TextColumn('{task.fields[rate]}'),
        TextColumn('ETA'),
        TimeRemainingColumn(),
        console=console,
    )


def progress_line(
    doing: str, count: int, total: int | None, seconds: float, unit: str
) -> str:
    """How far work is, as a line of text.

    Args:
        doing (str): What is done.
        count (int): How many are done.
        total (int, optional): How many there are; None: not known.
        seconds (float): Since the begin.
        unit (str): What they are.

    Returns:
        str: Such as ``labeling: 20/50, 2.00 images/s, ETA 0:00:15``.
    """
    rate = count / max(seconds, 1e-9)
    if total is None:
        return f'{doing}: {count}, {rate:.2f} {unit}/s'
    left = max(total - count, 0) / max(rate, 1e-9)
    return f'{doing}: {count}/{total}, {rate:.2f} {unit}/s, ETA {clock(left)}'


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
