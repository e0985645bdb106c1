"""Measures a Parquet label store of many made records.

    python benchmarks/labeling/store.py --records 1000000 --work DIR

Writes records of three masks each (60 x 60 confidences) into a store, then
measures, each in a process of its own: opening the training data set, its
random access and memory, statistics, and the merge with a second store.
--out keeps the numbers as JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SIZE, GRID, MASKS = (480, 480), (60, 60), 3


def template(number: int) -> list[dict]:
    """Masks of one image: discs with a border of low confidence."""
    from mmcuts3d.labels import instance_to_annotation

    rng = np.random.default_rng(number)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    found = []
    for _ in range(MASKS):
        y, x = rng.uniform(60, 420, 2)
        radius = rng.uniform(20, 110)
        waves = 1 + 0.1 * np.sin(rows / 17) * np.cos(columns / 23)
        distance = np.hypot(rows - y, columns - x) * waves / radius
        patches = distance[4::8, 4::8]
        levels = np.ceil(np.clip((1.2 - patches) * 12, 0, 6)) / 6
        mean = levels[levels > 0].mean()
        found.append(instance_to_annotation(distance < 1, mean, levels))
    return found


def make(
    folder: Path, number: int, shift: int, templates: int
) -> dict[str, float]:
    """Write a store; seconds are those of the processor."""
    from mmcuts3d.labels import ImageRecord, begin_store, open_shard

    known = [template(n) for n in range(min(templates, number))]
    names = [f'n{n // 1300:08d}/n{n:08d}.JPEG' for n in range(number)]
    begin = time.process_time()
    with begin_store(folder, names, f'made{shift}', 'parquet') as run:
        for plan in run.plan():
            with open_shard(plan) as writer:
                for place, name in zip(plan.images, plan.names, strict=True):
                    rows = known[(place * 7 + shift) % len(known)]
                    writer.append(ImageRecord(name, *SIZE, place + 1, rows))
                writer.seal()
        took = time.process_time() - begin
        begin = time.process_time()
        run.finish()
    return {
        'write_ms_per_image': 1e3 * took / number,
        'finish_s': time.process_time() - begin,
    }


def read(folder: Path) -> dict[str, float]:
    """The training data set of a store."""
    from mmcuts3d.datasets import PseudoLabelDataset

    before = _peak()
    begin, cpu = time.perf_counter(), time.process_time()
    dataset = PseudoLabelDataset(
        ann_file=str(folder),
        filter_cfg={'filter_empty_gt': True, 'min_size': 32},
        pipeline=[],
    )
    length = len(dataset)
    opened = time.perf_counter() - begin
    cpu = time.process_time() - cpu
    rng = np.random.default_rng(0)
    times = []
    for index in rng.integers(0, length, 2000):
        begin = time.perf_counter()
        dataset.get_data_info(int(index))
        times.append(1e3 * (time.perf_counter() - begin))
    return {
        'records': length,
        'open_s': opened,
        'open_cpu_s': cpu,
        'access_median_ms': float(np.median(times)),
        'access_p99_ms': float(np.quantile(times, 0.99)),
        'worker_peak_mb': _peak(),
        'worker_held_mb': _held(),
        'imports_peak_mb': before,
    }


def statistics(folder: Path) -> dict[str, float]:
    """Counts and histograms."""
    from mmcuts3d.labels import open_store

    begin = time.perf_counter()
    open_store(folder).statistics()
    return {
        'statistics_s': time.perf_counter() - begin,
        'disk_gb': sum(p.stat().st_size for p in folder.iterdir()) / 1e9,
    }


def merge(folder: Path) -> dict[str, float]:
    """One round, on one core."""
    from mmcuts3d.labels import merge_stores, open_store

    begin = time.process_time()
    stores = [open_store(folder / name) for name in ('before', 'new')]
    merge_stores(*stores, folder / 'merged', 0.7, 0.5)
    return {
        'merge_s': time.process_time() - begin,
        'merge_rss_mb': _peak(),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _held() -> float:
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Runs all parts."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--records', type=int, default=100_000)
    parser.add_argument('--templates', type=int, default=1000)
    parser.add_argument('--work', required=True, help='an empty folder')
    parser.add_argument('--out', help='JSON file of the numbers')
    parser.add_argument('--part', help=argparse.SUPPRESS)
    args = parser.parse_args()
    work = Path(args.work)
    if args.part:
        parts = {
            'before': lambda: make(
                work / 'before', args.records, 0, args.templates
            ),
            'new': lambda: make(work / 'new', args.records, 3, args.templates),
            'read': lambda: read(work / 'before'),
            'statistics': lambda: statistics(work / 'before'),
            'merge': lambda: merge(work),
        }
        print(json.dumps(parts[args.part]()))
        return
    numbers = {}
    for part in ('before', 'read', 'statistics', 'new', 'merge'):
        command = [sys.executable, __file__, *sys.argv[1:], '--part', part]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        found = json.loads(output.stdout.splitlines()[-1])
        numbers.update(found)
        for name, value in found.items():
            print(f'{part:12}{name:24}{value:12,.3f}', flush=True)
    if args.out:
        Path(args.out).write_text(json.dumps(numbers, indent=1))


if __name__ == '__main__':
    main()
