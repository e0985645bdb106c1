"""Images a second of one and of two processes, and the ratio for each core.

    python benchmarks/faults/scaling.py [--images 200] [--rounds 3]

One and two processes of torch.distributed take turns in one run, forked from
this process, which has imported everything. Wall time: of use on a quiet
machine only, which the load that is printed tells.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from faults import Runs
from mmengine.registry import init_default_scope
from PIL import Image

from mmcuts3d.datasets.rgbd_scenes import make_scene


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--images', type=int, default=200)
    parser.add_argument('--rounds', type=int, default=3)
    args = parser.parse_args()
    init_default_scope('mmdet')
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = folder / 'images'
        images.mkdir()
        for index in range(args.images):
            scene = make_scene(index, (160, 160))
            Image.fromarray(scene.image).save(images / f'{index:05d}.png')
        seconds: dict[int, list[float]] = {1: [], 2: []}
        for turn in range(args.rounds):
            for count in seconds:
                runs = Runs('gloo', images, folder / 'log.txt', count)
                began = time.monotonic()
                codes = runs.end(runs.start(folder / f'{turn}-{count}'))
                seconds[count].append(time.monotonic() - began)
                if set(codes) != {0}:
                    raise RuntimeError((folder / 'log.txt').read_text())
    best = {count: min(times) for count, times in seconds.items()}
    print('| processes | seconds | images/s | efficiency per core |')
    print('|---:|---:|---:|---:|')
    for count, time_ in best.items():
        print(
            f'| {count} | {time_:.1f} | {args.images / time_:.1f} | '
            f'{best[1] / (count * time_):.2f} |'
        )
    print(f'load before the run: {load:.1f} of {os.cpu_count()} cores')
    return 0


if __name__ == '__main__':
    sys.exit(main())
