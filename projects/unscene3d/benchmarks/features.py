"""Do features tell pieces of one instance from pieces of two?

For each kind of features: the area under the ROC curve of the similarity of
two segments as a test for "same instance", over pairs of segments that touch
and over all pairs, and the shares of both sorts of pairs at or above the
threshold of the masked normalized cut.

    PYTHONPATH=. python projects/unscene3d/benchmarks/features.py
    … --scan scene0000_00.npz   # a real scan with truth
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from projects.unscene3d.unscene3d.features import (
    GeometricFeatures,
    LiftedFeatures,
    SegmentFeatures,
    similarity,
)
from projects.unscene3d.unscene3d.features.geometric import PARTS
from projects.unscene3d.unscene3d.rooms import make_rooms
from projects.unscene3d.unscene3d.scans import read_scene
from projects.unscene3d.unscene3d.segments import Felzenszwalb
from projects.unscene3d.unscene3d.structures import (
    NO_INSTANCE,
    Frame,
    Scene,
    Segments,
)

Case = tuple[Scene, Segments, list[Frame]]
Kind = Callable[[Case], np.ndarray]


def truth_of(scene: Scene, segments: Segments) -> np.ndarray:
    """(s,) the instance that most vertices of each segment are of."""
    table = np.zeros((len(segments), scene.instances.max() + 1), int)
    np.add.at(table, (segments.of_vertex, scene.instances), 1)
    return table.argmax(axis=1)


def area_under_curve(values: np.ndarray, same: np.ndarray) -> float:
    """Chance that a pair of one instance is more alike than one of two."""
    positives, negatives = same.sum(), (~same).sum()
    if not positives or not negatives:
        return float('nan')
    ranks = rankdata(values)[same].sum()
    return float(
        (ranks - positives * (positives + 1) / 2) / (positives * negatives)
    )


def measure(alike: np.ndarray, case: Case, threshold: float) -> list[float]:
    """Areas of touching and of all pairs; shares above the threshold."""
    scene, segments, _ = case
    truth = truth_of(scene, segments)
    numbers = []
    for pairs in (
        segments.edges,
        np.stack(np.triu_indices(len(segments), 1), axis=1),
    ):
        first, second = truth[pairs].T
        known = (first != NO_INSTANCE) | (second != NO_INSTANCE)
        values = alike[tuple(pairs[known].T)]
        same = (first == second)[known]
        numbers.append(area_under_curve(values, same))
    above = values >= threshold
    return [*numbers, above[same].mean(), above[~same].mean()]


def kinds(with_frames: bool) -> dict[str, Kind]:
    """Ways to say how alike the segments of a scene are."""

    def one(source) -> Kind:
        return lambda case: similarity([source(*case)])

    found: dict[str, Kind] = {
        f'{part} alone': one(GeometricFeatures({part: 1.0})) for part in PARTS
    }
    found['default'] = one(GeometricFeatures())
    defaults = GeometricFeatures().weights
    found['default, L2'] = lambda case: similarity(
        [GeometricFeatures()(*case)], metric='l2'
    )
    found['default and position'] = one(
        GeometricFeatures({**defaults, 'position': 1.0})
    )
    if with_frames:
        lifted = LiftedFeatures(dict(type='mmcuts3d.ClassicalFeatures'))
        found['lifted classical'] = one(lifted)

        def both(case: Case) -> np.ndarray:
            parts: list[SegmentFeatures] = [
                GeometricFeatures()(*case),
                lifted(*case),
            ]
            return similarity(parts)

        found['default and lifted'] = both
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--rooms', type=int, default=3, help='how many')
    parser.add_argument('--seed', type=int, default=100, help='of the first')
    parser.add_argument('--scan', help='a scene with truth, instead of rooms')
    parser.add_argument('--threshold', type=float, default=0.55)
    args = parser.parse_args()
    cut = Felzenszwalb()
    if args.scan:
        scenes = [(read_scene(args.scan), [])]
    else:
        rooms = make_rooms(args.rooms, args.seed)
        scenes = [(room.scene, room.frames) for room in rooms]
    cases = [(scene, cut(scene), frames) for scene, frames in scenes]
    for scene, segments, _ in cases:
        print(
            f'{scene.name}: {len(scene)} vertices, {len(segments)} segments, '
            f'{len(np.unique(scene.instances)) - 1} instances'
        )
    print(
        f'{"features":<24}{"touching":>9}{"all":>7}'
        f'{"same >= t":>11}{"other >= t":>11}{"seconds":>9}'
    )
    for name, kind in kinds(with_frames=not args.scan).items():
        start = time.perf_counter()
        rows = [measure(kind(c), c, args.threshold) for c in cases]
        spent = time.perf_counter() - start
        touching, every, same, other = np.mean(rows, axis=0)
        print(
            f'{name:<24}{touching:>9.3f}{every:>7.3f}{same:>11.2f}'
            f'{other:>11.2f}{spent / len(cases):>9.2f}'
        )


if __name__ == '__main__':
    main()
