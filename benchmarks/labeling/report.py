"""Measures how long Chromium takes to open the page of many labels.

    python benchmarks/labeling/report.py --images 500 --work DIR

Writes images and a store with three masks each, then its page with a gallery
and point clouds, and opens it some times. Needs playwright and chromium.
"""

import argparse
import shutil
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import sync_playwright
from store import MASKS, SIZE, template

from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.labels import ImageRecord, begin_store, open_shard, open_store
from mmcuts3d.reporting.label_report import CutAgain, write_label_report

#: Scenes and masks that differ; the images are these, moved sideways.
_DIFFERENT = 10
_TIMES = """() => {
  const {domContentLoadedEventEnd, loadEventEnd} =
    performance.getEntriesByType('navigation')[0];
  return [domContentLoadedEventEnd, loadEventEnd];
}"""


def write_labels(folder: Path, number: int) -> tuple[Path, np.ndarray]:
    """Images and their labels; the store, and a depth map for all."""
    scenes = [make_scene(seed, SIZE) for seed in range(_DIFFERENT)]
    masks = [template(seed) for seed in range(_DIFFERENT)]
    (folder / 'images').mkdir(parents=True)
    names = [f'{place:06d}.jpg' for place in range(number)]
    with begin_store(folder / 'labels', names, 'a' * 16) as run:
        for plan in run.plan():
            with open_shard(plan) as writer:
                for name in plan.names:
                    place = int(name[:6])
                    pixels = scenes[place % _DIFFERENT].image[..., ::-1]
                    pixels = np.roll(pixels, place, axis=1)
                    cv2.imwrite(str(folder / 'images' / name), pixels)
                    rows = masks[place % _DIFFERENT]
                    writer.append(ImageRecord(name, *SIZE, place, rows))
                writer.seal()
        run.finish()
    return folder / 'labels', scenes[0].depth.astype(np.float32)


def opening_times(page: Path, times: int) -> list[list[float]]:
    """Milliseconds until the page is read, and until it is loaded."""
    path = shutil.which('chromium') or shutil.which('chromium-browser')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=['--no-sandbox']
        )
        found = []
        for _ in range(times):
            tab = browser.new_page()
            tab.goto(page.absolute().as_uri(), wait_until='load')
            tab.wait_for_timeout(100)
            found.append(tab.evaluate(_TIMES))
            tab.close()
        browser.close()
    return found


def main() -> None:
    """Writes the labels and their page, and opens it."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--images', type=int, default=500)
    parser.add_argument('--work', type=Path, required=True, help='new folder')
    parser.add_argument('--times', type=int, default=5, help='of opening')
    args = parser.parse_args()
    labels, depth = write_labels(args.work, args.images)
    page = args.work / 'report.html'
    begin = time.perf_counter()
    missing = write_label_report(
        open_store(labels),
        page,
        args.work / 'images',
        f'{args.images} images',
        {},
        lambda records: {
            record.file_name: CutAgain(depth=depth) for record in records
        },
    )
    if missing:
        raise SystemExit('\n'.join(missing))
    seconds = time.perf_counter() - begin
    read, loaded = zip(*opening_times(page, args.times), strict=True)
    print(f'images {args.images}, masks {MASKS * args.images}')
    print(f'page: {page.stat().st_size / 1e6:.1f} MB, made in {seconds:.1f} s')
    print(
        f'opened {args.times} times: read after '
        f'{statistics.median(read):.0f} ms, loaded after '
        f'{statistics.median(loaded):.0f} ms (median), '
        f'{max(loaded):.0f} ms (slowest)'
    )


if __name__ == '__main__':
    main()
