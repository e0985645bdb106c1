"""The job on a cluster of machines, by Ray Data's pool of actors.

Ray places the actors, one model each, adds and removes them as the pool's
bounds allow, replaces those that die and gives their shard to another. It
has no resume: the label store has, image by image.
"""

from typing import Any

from .job import Job
from .progress import LabelingProgress

#: How often a shard is tried again whose worker died.
RETRIES = 10


def run_on_ray(
    job: Job,
    address: str | None = None,
    workers: tuple[int, int] | None = None,
    num_gpus: float = 0.0,
    num_cpus: float = 1.0,
) -> Any:
    """Run a job on a Ray cluster.

    The store's folder and the images must be reachable under the same paths
    from every machine. The store is locked by this process, which plans and
    finishes; workers only append to the part of a shard.

    Args:
        job (Job): The job; it travels to the workers as a pickle, with its
            list of images, so that no worker lists them again.
        address (str, optional): Of the cluster, such as 'auto' or
            'ray://HOST:10001'. Defaults to None: the one of the environment,
            else one of this machine that ends with this process.
        workers (tuple[int, int], optional): Fewest and most actors. Defaults
            to None: one, and as many as the cluster has room for.
        num_gpus (float): GPUs of a worker. Defaults to 0.
        num_cpus (float): Cores of a worker. Defaults to 1.

    Returns:
        Any: What ``job.finish`` gives.

    Raises:
        ImportError: If Ray is not installed.
        ValueError: See the job's ``plan``; or ``workers`` are no bounds.
    """
    try:
        import ray
        from ray.data import ActorPoolStrategy, DataContext
    except ImportError as error:
        raise ImportError(
            "Labeling on Ray needs it: pip install 'ray[data]'"
        ) from error
    least, most = workers or (1, None)
    if least < 1 or (most is not None and most < least):
        raise ValueError(
            'Expected argument `workers` to be two rising numbers from 1 on, '
            f'but got {least} and {most}.'
        )
    started = not ray.is_initialized()
    try:
        shards = job.plan()
        if started:
            ray.init(address=address, log_to_driver=False)
        if shards:
            context = DataContext.get_current()
            # A shard may take hours; Ray's guard allows half of one.
            context.execution_no_progress_timeout_s = -1
            rows = ray.data.from_items(
                [{'shard': number} for number in range(len(shards))],
                override_num_blocks=len(shards),
            ).map_batches(
                _Worker,
                batch_size=1,
                fn_constructor_args=(ray.put((job, list(shards))),),
                compute=ActorPoolStrategy(
                    min_size=min(least, len(shards)),
                    max_size=most,
                    # One runs; the next waits where the pool can grow.
                    max_tasks_in_flight_per_actor=1,
                ),
                num_gpus=num_gpus,
                num_cpus=num_cpus,
                max_restarts=-1,
                max_task_retries=RETRIES,
            )
            total = job.size(shards)
            with LabelingProgress(total, doing=job.doing) as progress:
                for row in rows.iter_rows():
                    progress.update(int(row['images']))
        return job.finish()
    finally:
        job.close()
        if started and ray.is_initialized():
            ray.shutdown()


class _Worker:
    """An actor: the job, whose model is built at its first shard."""

    def __init__(self, held: Any) -> None:
        import ray

        self.job, self.shards = ray.get(held)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        images = []
        for number in batch['shard']:
            shard = self.shards[int(number)]
            self.job.label(shard)
            images.append(self.job.size([shard]))
        return {'shard': batch['shard'], 'images': images}
