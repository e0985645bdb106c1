"""The job in this process."""

from contextlib import nullcontext
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
        with LabelingProgress(total) if total else nullcontext() as progress:
            for shard in shards:
                job.label(shard, progress and progress.update)
        return job.finish()
    finally:
        job.close()
