"""The end of every converter: counts compared, the file, a report.

Also the options that all of them have.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from _class_agnostic import IGNORED, ClassAgnosticSet

from mmcuts3d.cli.running import add_examples
from mmcuts3d.labels import write_json


def make_parser(
    description: str | None, tool: str, *example: str
) -> argparse.ArgumentParser:
    """The options that every converter has.

    Args:
        description (str, optional): Text of --help.
        tool (str): File of the converter.
        *example (str): Its options in the example of --help, one a line.

    Returns:
        argparse.ArgumentParser: With --out and --allow-other-counts.
    """
    parser = argparse.ArgumentParser(description=description)
    name = f'tools/dataset_converters/{Path(tool).name}'
    add_examples(parser, ' \\\n'.join([name, *example]))
    parser.add_argument('--out', required=True, help='the file to write')
    parser.add_argument(
        '--allow-other-counts',
        action='store_true',
        help='warn, and do not stop, where the number of images or '
        'annotations is not the published one: for subsets',
    )
    return parser


def add_ignored(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option that says what becomes of ignored annotations.

    Args:
        parser (argparse.ArgumentParser): Takes the option.
        what (str): What the original marks so, for --help.
    """
    parser.add_argument(
        '--ignored',
        choices=IGNORED,
        default='crowd',
        help=f'what becomes of {what}: regions that count neither for nor '
        'against (crowd), objects as any other, or nothing (%(default)s)',
    )


def finish(
    converted: ClassAgnosticSet,
    published: Mapping[str, int],
    out: str | Path,
    allow_other_counts: bool = False,
) -> Path:
    """Check the counts, write the file, and say what is in it.

    Args:
        converted (ClassAgnosticSet): The set, read whole.
        published (Mapping[str, int]): Counts of the original as they are
            published, of the keys of ``converted.read``.
        out (str | Path): The file, whose folder is made.
        allow_other_counts (bool): Whether other counts only give a warning.
            Defaults to False.

    Returns:
        Path: The file.

    Raises:
        ValueError: If the counts are others, or nothing is left to measure.
    """
    others = [
        f'{converted.read[key]:,} {key} ({number:,} are published)'
        for key, number in published.items()
        if converted.read[key] != number
    ]
    if others and not allow_other_counts:
        raise ValueError(
            f'Expected {converted.name} whole, but got {", ".join(others)}. '
            'Give --allow-other-counts to convert a subset.'
        )
    if all(row['iscrowd'] for row in converted.annotations):
        raise ValueError(
            f'Expected {converted.name} to have objects to measure, but got '
            f'none in {converted.read["annotations"]} annotations.'
        )
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_json(out, converted.to_coco(published))
    for other in others:
        print(
            f'WARNING: {converted.name} is not whole: {other}', file=sys.stderr
        )
    _report(converted, out)
    return out


def _report(converted: ClassAgnosticSet, out: Path) -> None:
    rows = converted.annotations
    crowds = sum(row['iscrowd'] for row in rows)
    filled = len({row['image_id'] for row in rows if not row['iscrowd']})
    print(
        f'{out}: {len(rows) - crowds:,} objects and {crowds:,} crowds in '
        f'{len(converted.images):,} images, {filled:,} of them with objects; '
        f'{"boxes and masks" if converted.masks else "boxes only"}'
    )
    print(f'  read: {converted.read["annotations"]:,} annotations')
    for reason, number in converted.dropped.items():
        print(f'  dropped, {reason}: {number:,}')
    if not converted.dropped:
        print('  dropped: nothing')
