"""How every tool ends: well, in one line of what is wrong, or stopped."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import textwrap
from collections.abc import Callable

from mmcuts3d.files import shown

PROGRAM = 'python -m mmcuts3d'
#: What shells give to a process that Ctrl-C ended.
EXIT_STOPPED = 130
#: Of a terminal, that the end of a help fits in.
COLUMNS = 79
#: What is the user's to mend: input, files, packages that are missing.
MISTAKES = (ValueError, OSError, ImportError)


def run_tool_main(
    main: Callable[[], int | None],
    goes_on: bool | str = False,
    mistakes: tuple[type[Exception], ...] = (),
) -> None:
    """Run a tool, and end the process as a tool should.

    Mistakes of the user end in their message on standard error and status 1,
    without a traceback. Ctrl-C ends in the command that goes on, and 130.

    Args:
        main (Callable): Of the tool; gives the exit status, or None, after
            which there may be more to do.
        goes_on (bool or str): Whether the same command goes on where it was
            stopped; or the option that it needs for this. Defaults to False:
            it begins again.
        mistakes (tuple, optional): More errors whose message says all.
            Defaults to none.

    Raises:
        SystemExit: Unless the tool gives None.
    """
    try:
        status = main()
    except (*MISTAKES, *mistakes) as error:
        print(message_of(error), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(stopped(goes_on), file=sys.stderr)
        sys.exit(EXIT_STOPPED)
    if status is not None:
        sys.exit(status)


def add_examples(parser: argparse.ArgumentParser, *examples: str) -> None:
    """End the help of a tool in commands that it takes.

    Args:
        parser (ArgumentParser): Its help keeps lines as they are from now on,
            but long ones of the epilog.
        *examples (str): Commands without ``python``, that begin with the
            file of the tool; a long one goes on after a line that ends in a
            backslash. Where the tool was called by a word of
            ``python -m mmcuts3d``, the help shows that word.
    """
    lines = [f'  {called(one)}'.replace('\n', '\n      ') for one in examples]
    before = (parser.epilog or '').splitlines()
    wrapped = [textwrap.fill(line, COLUMNS) for line in before]
    space = [''] if before else []
    parser.epilog = '\n'.join([*wrapped, *space, 'examples:', *lines])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def called(example: str) -> str:
    """An example as the tool is called now, by its file or by a word."""
    if sys.argv[0].startswith(PROGRAM):
        _, _, rest = example.partition(' ')
        return f'{sys.argv[0]} {rest}'.rstrip()
    return f'python {example}'


def message_of(error: Exception) -> str:
    """What went wrong, as one line where it is one."""
    if isinstance(error, OSError) and error.strerror:
        names = [name for name in (error.filename, error.filename2) if name]
        return ': '.join([*map(str, names), error.strerror])
    return str(error) or repr(error)


def stopped(goes_on: bool | str) -> str:
    """The last line of a tool that was stopped."""
    if not goes_on:
        return f'Stopped. This begins again: {command_line()}'
    option = goes_on if isinstance(goes_on, str) else ''
    return f'Stopped. This goes on from here: {command_line(option)}'


def command_line(option: str = '') -> str:
    """The command that runs the same again, to be pasted into a shell.

    Args:
        option (str): Added, where the command does not have it. Defaults to
            '': none.
    """
    first, *words = sys.argv
    if option and option not in words:
        words.append(option)
    # Python's own options, such as -m of a launcher, are not known here.
    program = (
        first
        if first.startswith(PROGRAM)
        else shlex.join(['python', os.path.relpath(first)])
    )
    return shown(' '.join([program, *map(shlex.quote, words)]), 4000)
