"""The label store: a folder that a labeling run fills and can resume.

``records.rank*.jsonl`` grow while the run goes on, one for each shard;
``finish`` makes of them ``pseudo_labels.json``, one COCO file that plain
pycocotools reads, and ``errors.json``, the images that could not be labeled.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmcuts3d.files.whole_files import write_json

from ..journal import Journal, read_journal
from ..lock import lock_folder
from ..own_files import (
    ERROR_FILE,
    JOURNALS,
    LABEL_FILE,
    check_own_errors,
    check_own_labels,
    remove_labels,
)
from ..records import ImageRecord, build_labels


class LabelWriter:
    """Writes pseudo-labels image by image, and resumes where it stopped.

    Each shard of a run has a writer of its own on the same folder. Build
    that of rank 0 first: it locks the folder for the run, against other
    processes, until :meth:`close` or the end of its process. Build all of
    them before any of them appends, so that they agree on :attr:`done`.

    Args:
        out_dir (str | Path): The folder, made if missing.
        fingerprint (str): Stands for everything the labels depend on, e.g.
            a hash of the config's text. A folder with labels of another
            fingerprint is refused.
        rank (int): Number of the shard. Defaults to 0.
        overwrite (bool): Whether the one that locks the folder removes
            labels that it holds. Defaults to False.
        lock (bool, optional): Whether this writer locks the folder. Defaults
            to None: that of rank 0 does.
        others (bool): Whether journals of other shards are read. Defaults to
            True. A shard that was planned by a writer that read them all
            needs no second look, which costs as much as is labeled already.

    Attributes:
        done (set[str]): File names of the images that have labels, of all
            journals read. Images that failed are not in it: the next run
            tries them again.
        errors (dict[str, str]): File name to message of the images that
            failed and have no labels.

    Raises:
        ValueError: If the folder cannot be written, another run labels into
            it, it holds labels of another fingerprint or a file of somebody
            else in the place of its own, or a journal is damaged.
    """

    def __init__(
        self,
        out_dir: str | Path,
        fingerprint: str,
        rank: int = 0,
        overwrite: bool = False,
        lock: bool | None = None,
        others: bool = True,
    ) -> None:
        self.out_dir = Path(out_dir)
        self.fingerprint = fingerprint
        locks = rank == 0 if lock is None else lock
        self._lock = lock_folder(self.out_dir, locks)
        try:
            if overwrite and locks:
                remove_labels(self.out_dir)
            self._open(rank, others)
        except BaseException:
            self.close()
            raise

    def _open(self, rank: int, others: bool) -> None:
        self._journal = Journal(
            self.out_dir / f'records.rank{rank}.jsonl', self.fingerprint
        )
        self.done: set[str] = set()
        self.errors: dict[str, str] = {}
        self._file_of_id: dict[int, str] = {}
        own = [self._journal.path]
        for entry in self._entries(self._journals() if others else own):
            if 'record' in entry:
                record = entry['record']
                self._note(record['file_name'], record['image_id'])
            else:
                self._note_error(entry['file_name'], entry['error'])
        self._check_files()

    @property
    def path(self) -> Path:
        """Where :meth:`finish` puts the labels."""
        return self.out_dir / LABEL_FILE

    def close(self) -> None:
        """Let other processes label into the folder."""
        if self._lock is not None:
            self._lock.release()

    def append(self, record: ImageRecord) -> None:
        """Keep an image's labels; on the disk when the call returns.

        An image that is already done is left as it is.

        Args:
            record (ImageRecord): The labels, possibly none.

        Raises:
            ValueError: If another image has the same id.
        """
        if self._note(record.file_name, record.image_id):
            self._journal.append({'record': record.to_dict()})

    def fail(self, file_name: str, message: str) -> None:
        """Keep the reason why an image has no labels.

        Args:
            file_name (str): Path of the image, relative to its folder.
            message (str): What went wrong.
        """
        if file_name in self.done or self.errors.get(file_name) == message:
            return
        self._note_error(file_name, message)
        self._journal.append({'file_name': file_name, 'error': message})

    def finish(self) -> Path:
        """Merge what all ranks wrote into the label and the error file.

        Call it on one rank, when all are through. Both files appear in one
        step each, and calling it again writes the same bytes.

        Returns:
            Path: The label file.

        Raises:
            ValueError: If two images have the same id, or a file of somebody
                else has come into the place of the store's own.
        """
        self._check_files()
        records: dict[str, dict[str, Any]] = {}
        for entry in self._entries(self._journals()):
            if 'record' in entry:
                record = entry['record']
                self._note(record['file_name'], record['image_id'])
                records.setdefault(record['file_name'], record)
            else:
                self._note_error(entry['file_name'], entry['error'])
        labels = build_labels(
            [ImageRecord(**record) for record in records.values()],
            {'fingerprint': self.fingerprint},
        )
        errors = [
            {'file_name': name, 'error': message}
            for name, message in sorted(self.errors.items())
        ]
        write_json(self.out_dir / ERROR_FILE, errors)
        return write_json(self.path, labels)

    def _check_files(self) -> None:
        """Nothing of somebody else is written over."""
        check_own_errors(self.out_dir / ERROR_FILE)
        if not self.path.exists():
            return
        info = check_own_labels(self.path)
        if info.get('fingerprint') != self.fingerprint:
            raise ValueError(
                f'Expected {self.path} to be of the run with fingerprint '
                f'{self.fingerprint!r}, but got labels of '
                f'{info.get("fingerprint")!r}, made with other settings or '
                'images. Label into another folder, or overwrite this one.'
            )

    def _journals(self) -> list[Path]:
        return sorted(self.out_dir.glob(JOURNALS))

    def _entries(self, journals: list[Path]) -> Iterator[dict[str, Any]]:
        for path in journals:
            yield from read_journal(path, self.fingerprint)

    def _note(self, file_name: str, image_id: int) -> bool:
        """Take an image in, and tell whether it is new."""
        self.check_id(file_name, image_id)
        self._file_of_id[image_id] = file_name
        if file_name in self.done:
            return False
        self.done.add(file_name)
        self.errors.pop(file_name, None)
        return True

    def check_id(self, file_name: str, image_id: int) -> None:
        """Check that the labels hold no other image with an id.

        Args:
            file_name (str): Name of an image.
            image_id (int): Its id.

        Raises:
            ValueError: If they do.
        """
        holder = self._file_of_id.get(image_id, file_name)
        if holder != file_name:
            raise ValueError(
                f'Expected every image of {self.out_dir} to have an id of '
                f'its own, but got id {image_id} for {holder} and for '
                f'{file_name}: the images changed between two runs. Label '
                'into another folder, or overwrite this one.'
            )

    def _note_error(self, file_name: str, message: str) -> None:
        if file_name not in self.done:
            self.errors[file_name] = message
