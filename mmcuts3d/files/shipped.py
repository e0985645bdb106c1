"""Configs and tools that came with the package, found by name."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Literal

from .names import shown

PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(kind: Literal['configs', 'tools']) -> Path:
    """Where the package has its configs or tools.

    Args:
        kind (str): 'configs' or 'tools'.

    Returns:
        Path: ``.mim`` of an installed package, else of the repository.

    Raises:
        ValueError: If they came with neither.
    """
    for folder in (PACKAGE / '.mim' / kind, PACKAGE.parent / kind):
        if folder.is_dir():
            return folder.resolve()
    raise ValueError(
        f'Expected the {kind} of mmcuts3d in {PACKAGE / ".mim"}, but got no '
        'such folder: install the package from its wheel or repository.'
    )


def config_names() -> dict[str, Path]:
    """Configs by name: those that a command can be given, parts aside."""
    folder = shipped_folder('configs')
    names: dict[str, Path] = {}
    for path in sorted(folder.rglob('*.py')):
        inside = path.relative_to(folder).parts
        if '_base_' not in inside and 'rows' not in inside:
            names.setdefault(path.stem, path)
    return names


def config_aliases() -> dict[str, Path]:
    """Short names of configs, from the ``Alias`` of the metafiles."""
    import yaml

    folder = shipped_folder('configs')
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob('metafile.yml')):
        models = yaml.safe_load(path.read_text('utf-8')).get('Models') or []
        for model in models:
            # Paths of a metafile begin at the top of the repository.
            config = folder.parent / model['Config']
            found |= dict.fromkeys(model.get('Alias') or [], config)
    return found


def find_config(config: str | os.PathLike[str]) -> Path:
    """The file of a config that is given by path or by name.

    Args:
        config (str or path): A file; or the name of a file of configs/
            without folder and suffix, such as
            ``'cuts3d_vit-b8-dino_zoedepth_imagenet'``, or an alias of its
            metafile, such as ``'cuts3d_dino-vitb8_zoedepth'``.

    Returns:
        Path: The file.

    Raises:
        ValueError: If there is none; offers the names that are close.
    """
    path = Path(config)
    if path.is_file():
        return path
    text = str(config)
    if path.suffix != '.py' and path.name == text:
        names = config_aliases() | config_names()
        if text in names:
            return names[text]
        near = difflib.get_close_matches(text, names, 3, 0.4)
        hint = f' Close to it: {", ".join(near)}.' if near else ''
        raise ValueError(
            'Expected a config file, or the name of one of configs/, but got '
            f'{shown(text)}, which is neither.{hint}'
        )
    raise ValueError(
        f'Expected a config file, but got {shown(text)}, which is none.'
    )
