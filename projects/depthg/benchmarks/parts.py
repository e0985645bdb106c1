"""What farthest points, the CRF of many labels and neighbours cost.

    python projects/depthg/benchmarks/parts.py

Prints the median of some runs of each, and the ratio to another
implementation where there is one: pydensecrf for the CRF, a matrix of all
cosines for neighbours. Run it from the root of the repository, with
OMP_NUM_THREADS=1.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mmcuts3d.cuts import dense_crf_labels, farthest_points, pinhole_cloud
from projects.depthg.depthg.neighbours import nearest_images

#: Patches a side, and points a side that are taken.
GRIDS = ((28, 9), (28, 11), (40, 12))


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--runs', type=int, default=7, help='of each (%(default)s)')
    add('--batch', type=int, default=32, help='images (%(default)s)')
    add('--labels', type=int, default=27, help='of the CRF (%(default)s)')
    add('--side', type=int, default=320, help='of its image (%(default)s)')
    add('--images', type=int, default=10000, help='to find neighbours of')
    return parser.parse_args(arguments)


def seconds(run: Callable[[], Any], runs: int) -> list[float]:
    """How long each of some runs takes, after one that compiles."""
    run()
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return taken


def farthest(args: argparse.Namespace) -> None:
    """Farthest points of a batch of depth maps."""
    rng = np.random.default_rng(0)
    for side, points in GRIDS:
        depth = rng.random((args.batch, side, side)) + 0.5
        cloud = pinhole_cloud(depth)
        starts = rng.integers(0, side**2, args.batch)

        def run(
            cloud: np.ndarray = cloud,
            number: int = points**2,
            starts: np.ndarray = starts,
        ) -> Any:
            return farthest_points(cloud, number, starts)

        taken = np.median(seconds(run, args.runs))
        print(
            f'farthest points, {args.batch} maps of {side}x{side}, '
            f'{points}x{points} of each: {1e3 * taken:.1f} ms'
        )


def crf(args: argparse.Namespace) -> None:
    """The CRF of an image, and pydensecrf's, in turns."""
    rng = np.random.default_rng(0)
    side, labels = args.side, args.labels
    coarse = rng.integers(0, labels, (8, 8))
    scale = -(-side // 8)
    truth = np.kron(coarse, np.ones((scale, scale), int))[:side, :side]
    image = rng.integers(0, 200, (labels, 3))[truth]
    image = image + rng.integers(0, 30, image.shape)
    image = np.ascontiguousarray(image, np.uint8)
    likely = np.full((labels, side, side), 0.5 / labels, np.float32)
    np.put_along_axis(likely, truth[None], 0.5 + 0.5 / labels, 0)

    def mine() -> np.ndarray:
        return dense_crf_labels(image, likely)

    def other() -> np.ndarray:
        from pydensecrf import densecrf, utils

        model = densecrf.DenseCRF2D(side, side, labels)
        unary = utils.unary_from_softmax(likely)
        model.setUnaryEnergy(np.ascontiguousarray(unary, np.float32))
        model.addPairwiseGaussian(sxy=3, compat=7)
        model.addPairwiseBilateral(sxy=50, srgb=5, rgbim=image, compat=10)
        found = np.array(model.inference(10)).argmax(axis=0)
        return found.reshape(side, side)

    told = f'CRF, {labels} labels, {side}x{side}'
    try:
        agree = (mine() == other()).mean()
    except ImportError:
        print(f'{told}: {np.median(seconds(mine, args.runs)):.2f} s')
        return
    pairs = []
    for _ in range(args.runs):
        pairs.append((seconds(mine, 1)[0], seconds(other, 1)[0]))
    ours, theirs = np.array(pairs).T
    print(
        f'{told}: {np.median(ours):.2f} s, of pydensecrf '
        f'{np.median(theirs):.2f} s, ratio {np.median(ours / theirs):.2f}, '
        f'{100 * agree:.2f} % of pixels alike'
    )


def neighbours(args: argparse.Namespace) -> None:
    """The nearest 30 of each image, in chunks and all at once."""
    rng = np.random.default_rng(0)
    descriptors = rng.normal(size=(args.images, 384)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)

    def all_at_once() -> np.ndarray:
        wide = descriptors.astype(np.float64)
        near = wide @ wide.T
        np.fill_diagonal(near, -np.inf)
        rows = np.argpartition(-near, 29, axis=1)[:, :30]
        order = np.argsort(
            -np.take_along_axis(near, rows, 1), axis=1, kind='stable'
        )
        return np.take_along_axis(rows, order, 1)

    def chunks() -> np.ndarray:
        return nearest_images(descriptors, 30, 2048)[0]

    same = np.array_equal(chunks(), all_at_once())
    mine = np.median(seconds(chunks, max(1, args.runs // 3)))
    other = np.median(seconds(all_at_once, max(1, args.runs // 3)))
    print(
        f'neighbours of {args.images:,} images: {mine:.1f} s in chunks of '
        f'2,048, {other:.1f} s all at once; the same: {same}'
    )


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints."""
    args = parse_args(arguments)
    farthest(args)
    crf(args)
    neighbours(args)
    return 0


if __name__ == '__main__':
    sys.exit(main())
