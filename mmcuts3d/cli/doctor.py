"""What of the machine and its packages mmcuts3d can use."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from .checks import Check, all_checks

SIGNS = {'ok': 'ok', 'absent': '--', 'broken': 'NO'}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found.

    Args:
        arguments (Sequence[str], optional): Command line. Defaults to None:
            that of the process.

    Returns:
        int: 0; 1 if something is broken that is needed.
    """
    parser = argparse.ArgumentParser(
        prog='python -m mmcuts3d doctor',
        description='Looks at packages, compiled operators, rendering and '
        'weights. Nothing is downloaded or changed.',
        epilog='exit status: 0; 1 if something that is needed is missing or '
        'broken',
    )
    parser.add_argument(
        '--json', action='store_true', help='print the findings as JSON'
    )
    args = parser.parse_args(arguments)
    checks = all_checks()
    broken = any(check.state == 'broken' for check in checks)
    if args.json:
        print(json.dumps([asdict(check) for check in checks], indent=1))
    else:
        print(table(checks))
        print(
            '\nSomething that is needed is broken: see NO.'
            if broken
            else '\nmmcuts3d can run here.'
        )
    return int(broken)


def table(checks: Sequence[Check]) -> str:
    """The findings, a line each, with what mends them below."""
    width = max(len(check.name) for check in checks)
    lines = []
    topic = ''
    for check in checks:
        if check.topic != topic:
            lines += ([''] if topic else []) + [check.topic]
            topic = check.topic
        lines.append(
            f'  {SIGNS[check.state]:2}  {check.name:{width}}  {check.found}'
        )
        lines += [f'{"":{width + 8}}{line}' for line in check.remedy]
    return '\n'.join(lines)
