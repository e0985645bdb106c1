"""Build of mmcuts3d; what it is stands in pyproject.toml.

Only one thing needs code: `mim` looks for configs and tools in the folder
``.mim`` of the installed package.
"""

import os
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
MIM_FILES = ('configs', 'tools', 'model-index.yml')


class BuildWithMim(build_py):
    """Adds ``.mim``: copies to a wheel, links to an editable install."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            fill_mim(ROOT / 'mmcuts3d' / '.mim', link=True)
        else:
            fill_mim(Path(self.build_lib) / 'mmcuts3d' / '.mim', link=False)


def fill_mim(folder: Path, link: bool) -> None:
    """Makes ``folder`` anew with a link to or a copy of each of MIM_FILES."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in MIM_FILES:
        source, target = ROOT / name, folder / name
        if link:
            try:
                # Relative, so that the tree can be moved.
                target.symlink_to(
                    os.path.relpath(source, folder), source.is_dir()
                )
                continue
            except OSError:
                pass  # a file system without links gets copies
        if source.is_dir():
            ignore = shutil.ignore_patterns('__pycache__', '*.pyc')
            shutil.copytree(source, target, ignore=ignore)
        else:
            shutil.copy2(source, target)


setup(cmdclass={'build_py': BuildWithMim})
