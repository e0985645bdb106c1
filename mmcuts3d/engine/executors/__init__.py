"""Who runs a labeling job: this process, those of a launcher, or Ray.

An executor calls ``plan`` once, ``label`` for each shard, anywhere and more
than once where a worker died, and ``finish`` once. It knows nothing of
models, images and files; what is done the job reads from its store.
"""

from .choosing import run_labeling
from .job import Job
from .launched import run_launched
from .on_ray import run_on_ray
from .one_process import run_in_one_process

__all__ = [
    'Job',
    'run_in_one_process',
    'run_labeling',
    'run_launched',
    'run_on_ray',
]
