"""The page of a labeling run; its failure costs no labels."""

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from mmcuts3d.files import shown
from mmcuts3d.labels import open_store
from mmcuts3d.reporting.label_report import PAGE, write_label_report

from .cutting_again import cut_again
from .dataloaders import image_root
from .job import LabelingJob


def report_job(
    job: LabelingJob,
    title: str,
    settings: Mapping[str, str],
    path: Path | None = None,
    number: int = 3,
    cutting: bool = True,
) -> Path:
    """Write the page of a job's labels.

    Args:
        job (LabelingJob): Finished, in this process or another.
        title (str): Of the page.
        settings (Mapping[str, str]): Shown in it, such as the command.
        path (Path, optional): The page. Defaults to None: ``report.html``
            in the folder of the labels.
        number (int): Images of each kind. Defaults to 3.
        cutting (bool): Whether these are cut once more, for eigenvectors and
            point clouds. Defaults to True.

    Returns:
        Path: The page.
    """
    path = path or Path(job.out_dir) / PAGE
    write_label_report(
        open_store(job.out_dir),
        path,
        image_root(job.dataset),
        title,
        settings,
        functools.partial(cut_again, job) if cutting else None,
        number,
    )
    return path


def leave_report(make: Callable[[], Path]) -> Path | None:
    """Make a page; where that fails, a line on stderr says so.

    Args:
        make (Callable): Makes it.

    Returns:
        Path | None: The page, or None if it could not be made.
    """
    try:
        return make()
    # Whatever it is, it must not cost the labels, which are safe by now.
    except Exception as error:
        sys.stderr.write(
            'The report could not be made, the labels are not touched: '
            f'{type(error).__name__}: {shown(error)}\n'
        )
        return None
