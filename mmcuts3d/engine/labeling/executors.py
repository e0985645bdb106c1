"""Who runs a labeling job: here, this process or those of one launcher.

An executor calls ``plan`` once, ``label`` for each shard and ``finish`` once;
it knows nothing of models, images and files.
"""

from mmengine.dist import (
    barrier,
    broadcast_object_list,
    get_rank,
    get_world_size,
    is_main_process,
)

from .job import LabelingJob, Shard
from .result import LabelingResult


def run_labeling(job: LabelingJob) -> LabelingResult:
    """Run a job in this process, or in all that torch.distributed joined.

    All processes call it; each labels its shard, and the first one writes
    the label file. Other processes are kept out of the store, and let in
    again where the job stops early.

    Args:
        job (LabelingJob): The job, the same in all processes.

    Returns:
        LabelingResult: The same in all processes.

    Raises:
        ValueError: See :meth:`LabelingJob.plan`.
    """
    try:
        shards = _plan(job)
        job.label(shards[get_rank()])
        barrier()
        result = [job.finish() if is_main_process() else None]
    finally:
        job.close()
    broadcast_object_list(result)
    if result[0] is None:
        raise RuntimeError(
            'Expected the result of the first process, but got none.'
        )
    return result[0]


def _plan(job: LabelingJob) -> list[Shard]:
    """Made by the first process; its refusal is that of all."""
    shards: list[Shard] = []
    message = None
    if is_main_process():
        try:
            shards = job.plan(get_world_size())
        except ValueError as error:
            if get_world_size() == 1:
                raise
            message = str(error)
    shared = [message, *shards]
    shared += [None] * (1 + get_world_size() - len(shared))
    broadcast_object_list(shared)
    if shared[0] is not None:
        raise ValueError(shared[0])
    return shared[1:]
