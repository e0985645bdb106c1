"""The job in this process."""

from typing import Any

from .job import Job
from .progress import LabelingProgress


def run_in_one_process(job: Job) -> Any:
    """Run a job here, as one shard: one journal, one data loader.

    Args:
        job (Job): The job.

    Returns:
        Any: What ``job.finish`` gives.

    Raises:
        ValueError: See the job's ``plan``.
    """
    try:
        (shard,) = job.plan(1)
        if job.size([shard]):
            with LabelingProgress(job.size([shard])) as progress:
                job.label(shard, progress.update)
        return job.finish()
    finally:
        job.close()
