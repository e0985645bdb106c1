"""A row of a table as a file: what it is called, and what differs in it."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

#: What a row may differ in: the cut, the features and the depth of the
#: labeler, the use of confidence, and any other part of the config.
PARTS = ('cut', 'features', 'depth', 'confidence', 'config')


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        path (Path): Its file.
        table (str): Of the paper, such as 'Table 7'.
        name (str): Of the row.
        changes (dict): What differs, by the names of :data:`PARTS`.
        rounds (int): Of self-training. Defaults to 0.
        variant (str): Which of the base's ``variants`` is put over it, for
            what follows from other settings of the base. Defaults to ''.
        scales (list[str]): Where it can be run. Defaults to both.
        paper (dict): The paper's numbers, in percent, by 'AP', 'AP50' and
            'AP75'; COCO val2017, masks. Defaults to none.
    """

    path: Path
    table: str
    name: str
    changes: dict[str, Any]
    rounds: int = 0
    variant: str = ''
    scales: Sequence[str] = ('scenes', 'imagenet')
    paper: dict[str, float] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its folder and file, such as 'table7/4_loss'."""
        return f'{self.path.parent.name}/{self.path.stem}'

    @property
    def uses_confidence(self) -> bool:
        """Whether Spatial Confidence is used in its training."""
        return self.changes.get('confidence', True) is not False


def read_row(path: str | Path) -> Row:
    """Read the file of a row.

    Args:
        path (str | Path): A Python file with ``ablation``, a dict of
            ``table``, ``name`` and perhaps other attributes of
            :class:`Row`, and the parts that differ.

    Returns:
        Row: The row.

    Raises:
        ValueError: If there is no such file, or it is no row.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f'Expected {path} to be the file of a row.')
    values = {
        name: value
        for name, value in runpy.run_path(str(path)).items()
        if not name.startswith('_')
    }
    about = values.pop('ablation', None)
    known = {f.name for f in fields(Row)} - {'path', 'changes'}
    if not isinstance(about, dict) or not (
        {'table', 'name'} <= set(about) <= known
    ):
        raise ValueError(
            f'Expected {path} to have `ablation`, a dict with `table`, '
            f'`name` and perhaps others of {sorted(known)}, but got '
            f'{about!r}.'
        )
    if not set(values) <= set(PARTS):
        raise ValueError(
            f'Expected {path} to differ in {list(PARTS)}, but got '
            f'{sorted(set(values) - set(PARTS))} too.'
        )
    return Row(path=path, changes=values, **about)


def find_rows(words: Sequence[str], folder: Path) -> list[Row]:
    """Rows by table, by name, or by file.

    Args:
        words (Sequence[str]): A table ('table7'), a row ('table7/4_loss'),
            or a path. A word that is no row's key finds all whose key begins
            with it ('supplement/3b').
        folder (Path): Of the rows.

    Returns:
        list[Row]: Each once, in the order of the words.

    Raises:
        ValueError: If a word finds none; names those that there are.
    """
    files = sorted(folder.glob('*/*.py'))
    keys = {f'{path.parent.name}/{path.stem}': path for path in files}
    found: dict[str, Row] = {}
    for word in words:
        if word.endswith('.py'):
            rows = [read_row(word)]
        elif word in keys:
            rows = [read_row(keys[word])]
        else:
            rows = [
                read_row(path)
                for key, path in keys.items()
                if key.startswith(word)
            ]
        if not rows:
            known = sorted({path.parent.name for path in files})
            raise ValueError(
                f'Expected rows among {known}, or one of them such as '
                f'`table7/4_loss`, but got {word!r}.'
            )
        found.update({row.key: row for row in rows})
    return list(found.values())
