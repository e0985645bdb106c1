"""Builds the wheel and tries it in fresh environments of several Pythons.

Without OpenMMLab and torch: `import mmcuts3d.cuts`, a cut on arrays, the
commands, and whether configs and tools are inside. Packages come from pip's
index; a Python that is not here is left out, and said.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from mmcuts3d.cli.running import add_examples, run_tool_main

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ['3.10', '3.11', '3.12', '3.13']
PACKAGES = ['numpy', 'scipy', 'numba', 'pillow', 'pycocotools', 'rich']
PACKAGES += ['pyyaml']
CUT = """
import sys
import numpy as np
from mmcuts3d.cuts import CutS3D
features = np.zeros((2, 24, 24))
features[1, 6:16, 4:20] = 1
features[0] = 1 - features[1]
depth = np.full((24, 24), 0.9)
depth[6:16, 4:12], depth[6:16, 12:20] = 0.2, 0.5
cut = CutS3D(refine=dict(crf=False))
found = cut(np.zeros((96, 96, 3), np.uint8), features, depth)
assert len(found) == 2, len(found)
assert not {'torch', 'mmengine', 'mmdet'} & set(sys.modules)
from mmcuts3d.files import find_config, shipped_folder
assert find_config('cuts3d_classical').is_file()
assert (shipped_folder('tools') / 'generate_pseudo_labels.py').is_file()
assert 'site-packages' in str(shipped_folder('tools'))
"""


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--pythons',
        nargs='+',
        default=PYTHONS,
        metavar='VERSION',
        help=f'such as 3.12 (default: {" ".join(PYTHONS)})',
    )
    add_examples(parser, 'tools/dev/try_wheel.py --pythons 3.10 3.13')
    return parser.parse_args(arguments)


def call(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command far from the repository."""
    return subprocess.run(
        [str(word) for word in words],
        cwd=tempfile.gettempdir(),
        env={'PATH': '/usr/bin:/bin', 'HOME': str(Path.home())},
        capture_output=True,
        text=True,
        check=False,
    )


def checked(what: str, *words: object, status: int = 0) -> str:
    """Run a command that must end with a status.

    Raises:
        ValueError: If it does not; has the end of what it said.
    """
    done = call(*words)
    if done.returncode != status or 'Traceback' in done.stderr:
        raise ValueError(
            f'{what}: Expected status {status}, but got {done.returncode}: '
            f'{(done.stderr or done.stdout)[-2000:]}'
        )
    return done.stdout


def try_python(version: str, wheel: Path, folder: Path) -> str:
    """What one Python makes of the wheel, in a line."""
    pyenv = Path.home() / '.pyenv' / 'versions'
    found = [
        f'python{version}',
        *sorted(pyenv.glob(f'{version}.*/bin/python')),
    ]
    for name in reversed(found):
        try:
            if call(name, '-c', '').returncode == 0:
                break
        except OSError:
            continue
    else:
        return f'{version}: left out, not installed here'
    checked('venv', name, '-m', 'venv', folder)
    python = folder / 'bin' / 'python'
    pip = (python, '-m', 'pip', 'install', '-q')
    checked('packages', *pip, *PACKAGES)
    checked('wheel', *pip, '--no-deps', wheel)
    checked('cut', python, '-c', CUT)
    checked('help', python, '-m', 'mmcuts3d', '--help')
    said = checked('doctor', python, '-m', 'mmcuts3d', 'doctor', status=1)
    if 'pip install torch' not in said or '1 mask of a square' not in said:
        raise ValueError(f'doctor: Expected what is missing, but got {said}')
    checked('label', python, '-m', 'mmcuts3d', 'label', status=1)
    return f'{version}: cut, commands, configs and tools; doctor: 1'


def main(arguments: list[str] | None = None) -> int:
    """Tries the wheel.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0; 1 if a Python failed.
    """
    args = parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pip = (sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps')
        checked('build', *pip, '--no-build-isolation', ROOT, '-w', folder)
        (wheel,) = folder.glob('*.whl')
        print(f'{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB', flush=True)
        for version in args.pythons:
            try:
                line = try_python(version, wheel, folder / version)
            except ValueError as error:
                line, failed = f'{version}: FAILED {error}', failed + 1
            print(line, flush=True)
    return int(failed > 0)


if __name__ == '__main__':
    run_tool_main(main)
