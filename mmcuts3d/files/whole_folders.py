"""Folders that appear whole, or not at all."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_folder(target: Path) -> Iterator[Path]:
    """A new folder beside another, to be filled and moved into its place.

    Args:
        target (Path): The place; its parents are made.

    Yields:
        Path: Empty; what is still there at the end is removed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(
        tempfile.mkdtemp(prefix=f'.{target.name}-', dir=target.parent)
    )
    try:
        # mkdtemp gives the owner alone access; a data folder is shared.
        draft.chmod(0o755)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_once(
    target: Path, holds: Callable[[], bool], fill: Callable[[Path], None]
) -> Path:
    """Fill a folder that is not there; several processes may do it together.

    Args:
        target (Path): The folder.
        holds (Callable): Whether the content is there already; raises if
            something else is.
        fill (Callable): Writes the content into the folder that it is given.

    Returns:
        Path: The folder.
    """
    if holds():
        return target
    with draft_folder(target) as draft:
        fill(draft)
        try:
            draft.replace(target)
        except OSError:
            # Somebody else was faster; theirs must be the same.
            if not holds():
                raise
    return target
