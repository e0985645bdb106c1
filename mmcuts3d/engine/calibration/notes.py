"""What came of each image, on the disk as soon as it is known."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmcuts3d.labels.journal import Journal, read_journal

from .criterion import Stability
from .rows import Outcome


class Notes:
    """Outcomes of images, or why there are none, by index of the image.

    Args:
        folder (str or Path, optional): Where they are noted, in a file of
            their own for each ``fingerprint``, so that other settings begin
            anew. Made where it is missing. Defaults to None: nowhere.
        fingerprint (str): What they depend on.

    Raises:
        ValueError: If the folder cannot be written, or what stands there is
            damaged.
    """

    def __init__(
        self, folder: str | Path | None = None, fingerprint: str = ''
    ) -> None:
        self._found: dict[int, Outcome | str] = {}
        self._journal: Journal | None = None
        if folder is None:
            return
        path = Path(folder) / f'calibration-{fingerprint}.jsonl'
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f'Expected {folder} to be a folder that can be written, but '
                f'got {error}'
            ) from error
        self._journal = Journal(path, fingerprint)
        for entry in read_journal(path, fingerprint):
            self._found[entry['index']] = _read(entry)

    def __contains__(self, index: int) -> bool:
        return index in self._found

    def append(self, index: int, found: Outcome | str) -> None:
        """Note what came of an image.

        Args:
            index (int): The image.
            found (Outcome or str): Its outcome, or why there is none.
        """
        self._found[index] = found
        if self._journal is None:
            return
        entry: dict[str, Any] = {'index': index}
        if isinstance(found, str):
            entry['error'] = found
        else:
            entry.update(asdict(found))
        self._journal.append(entry)

    def outcome(self, index: int) -> Outcome | None:
        """The outcome of an image; None if it could not be cut."""
        found = self._found[index]
        return None if isinstance(found, str) else found

    def error(self, index: int) -> str:
        """Why an image could not be cut; '' if it could."""
        found = self._found[index]
        return found if isinstance(found, str) else ''


def _read(entry: dict[str, Any]) -> Outcome | str:
    if 'error' in entry:
        return str(entry['error'])
    return Outcome(
        [Stability(*pair) for pair in entry['stability']],
        entry['num_masks'],
        entry['predictions'],
    )
