"""The job in this process."""

from typing import Any

from .job import Job
from .progress import LabelingProgress


def run_in_one_process(job: Job) -> Any:
    """Run a job here, shard by shard.

    Args:
        job (Job): The job.

    Returns:
        Any: What ``job.finish`` gives.

    Raises:
        ValueError: See the job's ``plan``.
    """
    try:
        shards = job.plan()
        if shards:
            with LabelingProgress(job.size(shards)) as progress:
                for shard in shards:
                    job.label(shard, progress.update)
        return job.finish()
    finally:
        job.close()
