"""Small label stores of both backends, and the records in them."""

import numpy as np

from mmcuts3d.labels import (
    ImageRecord,
    begin_store,
    instance_to_annotation,
    open_shard,
)

SIZE = (24, 32)
NAMES = [f'set/{number:03d}.jpg' for number in range(11)]


def make_record(number, seed=0):
    """Up to three masks, two of them with a confidence map."""
    rng = np.random.default_rng([seed, number])
    rows = []
    for place in range(number % 4):
        mask = np.zeros(SIZE, bool)
        top, left = rng.integers(0, 14, 2)
        mask[top : top + 8, left : left + 9] = True
        levels = rng.integers(0, 7, (6, 8)) / 6 if place != 1 else None
        rows.append(instance_to_annotation(mask, rng.random(), levels))
    return ImageRecord(NAMES[number], *SIZE, 100 - number, rows)


def label(plan, failing=(), stop=None, seed=0):
    """Label a shard as a worker does; ``stop`` ends it unsealed."""
    with open_shard(plan) as writer:
        for count, name in enumerate(plan.names):
            if count == stop:
                return
            if name in failing:
                writer.fail(name, f'Expected {name} to open, but got 0 bytes')
            else:
                writer.append(make_record(NAMES.index(name), seed))
        writer.seal()


def make_store(folder, backend, failing=(), names=NAMES, seed=0, **settings):
    """A finished store; small shards."""
    with begin_store(
        folder, names, 'a' * 16, backend, shard_size=4, **settings
    ) as run:
        for plan in run.plan():
            label(plan, failing, seed=seed)
        return run.finish()
