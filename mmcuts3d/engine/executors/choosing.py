"""The executor that fits where a job is run."""

from typing import Any

from mmengine.dist import get_world_size

from .job import Job
from .launched import SILENCE, run_launched
from .one_process import run_in_one_process


def run_labeling(job: Job, silence: float = SILENCE) -> Any:
    """Run a job in this process, or in all that a launcher joined.

    Args:
        job (Job): The job, the same in all processes; all of them call this.
        silence (float): See
            :func:`~mmcuts3d.engine.executors.launched.run_launched`.
            Defaults to an hour.

    Returns:
        Any: What ``job.finish`` gives, the same in all processes.

    Raises:
        ValueError: See the job's ``plan``.
    """
    if get_world_size() > 1:
        return run_launched(job, silence)
    return run_in_one_process(job)
