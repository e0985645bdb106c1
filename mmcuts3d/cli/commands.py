"""Which word runs what."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mmcuts3d.files import shipped_folder
from mmcuts3d.version import __version__

from .running import EXIT_STOPPED, MISTAKES, PROGRAM, message_of, stopped


class Command(NamedTuple):
    """What a word does.

    Attributes:
        about (str): One line.
        example (str): What may follow the word.
        tool (str): File of tools/ that it runs; '' for one of its own.
    """

    about: str
    example: str
    tool: str = ''


COMMANDS: dict[str, Command] = {
    'label': Command(
        'pseudo-labels of a folder of images',
        'cuts3d_classical_image-folder --images DIR --out OUT',
        'generate_pseudo_labels.py',
    ),
    'evaluate': Command(
        'measure labels against true masks',
        'OUT --ann instances.json --images DIR',
        'analysis/evaluate_labels.py',
    ),
    'view': Command(
        'one cut: panels and point cloud',
        'IMAGE --depth FILE --show',
        'view_cuts.py',
    ),
    'explain': Command(
        'the stages of a config, and where each number comes from',
        'cuts3d_vit-b8-dino_zoedepth_imagenet',
    ),
    'export': Command(
        'labels for LabelMe, CVAT, YOLO and others',
        'OUT FOLDER --format labelme --images DIR',
        'dataset_converters/export_pseudo_labels.py',
    ),
    'import': Command(
        'labels corrected in LabelMe, CVAT, Label Studio and others',
        'FOLDER --format labelme --out NEW --store auto',
        'dataset_converters/import_pseudo_labels.py',
    ),
    'calibrate': Command(
        'layer, kind and threshold of the features for your images',
        'CONFIG --images DIR',
        'calibrate.py',
    ),
    'train': Command('train a detector', 'CONFIG', 'train.py'),
    'test': Command(
        'measure a detector or a labeler', 'CONFIG [CHECKPOINT]', 'test.py'
    ),
    'doctor': Command(
        'what is installed, what is missing, and the command that mends it',
        '',
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments (Sequence[str], optional): Command line. Defaults to None:
            that of the process.

    Returns:
        int: Exit status.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ('-h', '--help'):
        print(usage())
        return 0
    name, rest = words[0], words[1:]
    if name in ('-V', '--version'):
        print(f'mmcuts3d {__version__}')
        return 0
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1, 0.5)
        hint = f'; did you mean {near[0]!r}?' if near else ''
        print(
            f'{PROGRAM}: expected a command among {", ".join(COMMANDS)}, but '
            f'got {name!r}{hint}',
            file=sys.stderr,
        )
        return 2
    tool = COMMANDS[name].tool
    try:
        return run_tool(tool, name, rest) if tool else own(name)(rest)
    except MISTAKES as error:
        print(message_of(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(stopped(False), file=sys.stderr)
        return EXIT_STOPPED


def usage() -> str:
    """What there is, with an example each."""
    width = max(map(len, COMMANDS))
    lines = [
        'Unsupervised instance segmentation by cutting semantics in 3D.',
        '',
        f'usage: {PROGRAM} COMMAND ...',
        '',
    ]
    for name, command in COMMANDS.items():
        lines.append(f'  {name:{width}}  {command.about}')
    lines += ['', 'examples:']
    lines += [
        f'  {PROGRAM} {name} {command.example}'.rstrip()
        for name, command in COMMANDS.items()
    ]
    lines += [
        '',
        'COMMAND --help has the settings of each. A config is a file, or the '
        'name of one',
        'of configs/ without folder and suffix.',
    ]
    return '\n'.join(lines)


def own(name: str) -> Callable[[Sequence[str]], int]:
    """The commands that are no tool."""
    if name == 'doctor':
        from .doctor import main as command
    else:
        from .explain import main as command
    return command


def run_tool(tool: str, name: str, arguments: Sequence[str]) -> int:
    """Run a file of tools/ as if it had been called.

    Args:
        tool (str): Path in tools/.
        name (str): How its help calls it.
        arguments (Sequence[str]): Of the command line.

    Returns:
        int: Its exit status.
    """
    path = shipped_folder('tools') / tool
    before = sys.argv, list(sys.path)
    sys.argv = [f'{PROGRAM} {name}', *arguments]
    sys.path.insert(0, os.fspath(path.parent))  # as for any script
    try:
        # Not by runpy, which puts the file's name into the tool's help.
        code = compile(path.read_text('utf-8'), os.fspath(path), 'exec')
        exec(code, {'__name__': '__main__', '__file__': os.fspath(path)})
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    finally:
        sys.argv, sys.path[:] = before
    return 0
