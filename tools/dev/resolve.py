"""Asks the package index whether each Python promised can be set up.

For each Python, pip resolves all requirements under the constraints without
installing them, wheels only: mmcv and pydensecrf2 are built from source by the
set-up, and are left out here.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from mmcuts3d.cli.running import add_examples, run_tool_main

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / 'requirements'
#: Distributions without wheels.
FROM_SOURCE = ('onedl-mmcv', 'mmcv', 'pydensecrf2')


def promised_pythons() -> list[str]:
    """The Pythons that pyproject.toml's classifiers name."""
    text = (ROOT / 'pyproject.toml').read_text('utf-8')
    return re.findall(r'Programming Language :: Python :: (3\.\d+)', text)


def wheel_requirements() -> str:
    """All requirements that are met by wheels, a line each."""
    lines = []
    for name in ('runtime', 'optional', 'tests'):
        for line in (REQUIREMENTS / f'{name}.txt').read_text().splitlines():
            match = re.match(r'[A-Za-z0-9_-]+', line)
            if match and match[0] not in FROM_SOURCE:
                lines.append(line)
    return '\n'.join(lines) + '\n'


def resolve(python: str) -> subprocess.CompletedProcess[str]:
    """Lets pip resolve the requirements for one Python.

    Args:
        python (str): Such as ``'3.10'``.

    Returns:
        CompletedProcess: Of pip; ``returncode`` is 0 if there is a solution.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, 'requirements.txt')
        wanted.write_text(wheel_requirements())
        words = [
            *('-m', 'pip', 'install', '--dry-run', '--quiet'),
            *('--python-version', python, '--only-binary', ':all:'),
            *('--target', str(Path(folder, 'target'))),
            *('-c', str(REQUIREMENTS / 'constraints.txt')),
            *('-r', str(wanted)),
        ]
        return subprocess.run(
            [sys.executable, *words], capture_output=True, text=True
        )


def main(arguments: list[str] | None = None) -> int:
    """Resolves; returns 1 if a Python cannot be set up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--python', nargs='+', default=promised_pythons(), help='3.10 …'
    )
    add_examples(parser, 'tools/dev/resolve.py --python 3.10')
    failed = False
    for python in parser.parse_args(arguments).python:
        result = resolve(python)
        print(f'{python}: {"no" if result.returncode else "yes"}', flush=True)
        if result.returncode:
            failed = True
            print(result.stderr.strip())
    return int(failed)


if __name__ == '__main__':
    run_tool_main(main)
