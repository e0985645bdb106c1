"""The job in this process."""

from typing import Any

from .job import Job
from .progress import LabelingProgress


def run_in_one_process(job: Job) -> Any:
    """Run a job here, of jsonl as one shard: one journal, one data loader.

    Args:
        job (Job): The job.

    Returns:
        Any: What ``job.finish`` gives.

    Raises:
        ValueError: See the job's ``plan``.
    """
    try:
        shards = job.plan(1)
        total = job.size(shards)
        with LabelingProgress(total, doing=job.doing) as progress:
            for shard in shards:
                job.label(shard, progress.update)
        return job.finish()
    finally:
        job.close()
