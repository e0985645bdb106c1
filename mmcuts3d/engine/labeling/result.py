"""What came of a labeling run: counts, files, exit code, last words."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mmcuts3d.labels import ERROR_FILE, LABEL_FILE

#: Exit codes of every command that labels.
EXIT_NONE_LABELED = 1
EXIT_SOME_FAILED = 3
EXIT_CODES = (
    'exit codes: 0, all images are labeled; 1, an error, or no image could '
    'be labeled; 2, the command line is wrong; 3, some images failed and the '
    'others are labeled'
)


@dataclass(frozen=True)
class LabelingResult:
    """What the store of a labeling run holds in the end.

    Attributes:
        out_dir (Path): Folder of the label store.
        num_images (int): Images that are labeled, of earlier runs included.
        num_masks (int): Their masks.
        num_errors (int): Images that failed.
        mean_score (float): Of the masks; NaN without masks.
    """

    out_dir: Path
    num_images: int
    num_masks: int
    num_errors: int
    mean_score: float

    @property
    def label_file(self) -> Path:
        """What reads the labels is given: ``pseudo_labels.json``, or of a
        Parquet store, which has none, its folder."""
        path = self.out_dir / LABEL_FILE
        return path if path.is_file() else self.out_dir

    @property
    def error_file(self) -> Path:
        """``errors.json``, a list of ``file_name`` and ``error``."""
        return self.out_dir / ERROR_FILE

    @property
    def exit_code(self) -> int:
        """See :data:`EXIT_CODES`."""
        if not self.num_errors:
            return 0
        return EXIT_SOME_FAILED if self.num_images else EXIT_NONE_LABELED

    @property
    def statistics(self) -> dict[str, float]:
        """The four numbers."""
        numbers = asdict(self)
        del numbers['out_dir']
        return numbers

    @property
    def summary(self) -> str:
        """What was labeled, in one line."""
        return (
            f'{self.num_masks} masks in {self.num_images} images, mean score '
            f'{self.mean_score:.3f}: {self.label_file}'
        )

    @property
    def failures(self) -> str:
        """What failed, in one line: how many, and where the list is."""
        total = self.num_images + self.num_errors
        return f'{self.num_errors} of {total} images failed: {self.error_file}'

    def errors(self, number: int = 10) -> list[str]:
        """The first images that failed, each with the reason.

        Args:
            number (int): How many at most. Defaults to 10.

        Returns:
            list[str]: ``NAME: REASON``.
        """
        rows = json.loads(self.error_file.read_text(encoding='utf-8'))
        return [f'{row["file_name"]}: {row["error"]}' for row in rows[:number]]
