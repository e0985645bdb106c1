"""Small objects: a denser grid, or a second look into windows.

    python small_objects.py [--crf] [--limit 14 6] [--out rows.json]

Cuts images of part 'choose' at their own size, so that COCO's areas are those
of COCO, with the first look alone, on a grid twice as dense, and with windows
(see docs/small_objects.md). Features are made at the resolution of what is
cut: of the true masks (see stress_axis), or by the stand-in backbone, for
which the package tflite is needed. The table stands in small_objects.md.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from cases import DATA, GRID, IMAGES, SIDE, Case, category_ids, load_cases
from runs import predictions_of, read_depth_of
from stress_axis.features import class_features, noisy

from mmcuts3d.cuts import CutS3D, MaskCut, PseudoInstances, SecondLook
from mmcuts3d.evaluation.functional.average_precision import AveragePrecision
from mmcuts3d.evaluation.functional.overlaps import rows_by_image
from mmcuts3d.evaluation.statistics import (
    AREAS,
    CocoMeasure,
    CocoStatistics,
)
from mmcuts3d.models.labelers import at_size

Area = tuple[slice, slice]
Method = MaskCut | CutS3D
NOISE = 0.4
FIRST = {'num_instances': 3}
#: As many masks as a second look gives, of as few patches.
MORE = {'num_instances': 10, 'selection': {'min_area': 0.0025}}
HALVES = SecondLook(zoom=2, overlap=0.5, score_factor=1)
THIRDS = SecondLook(zoom=3, overlap=0.25, score_factor=1)
LOOKS = {
    'z2': HALVES,
    'z2, no overlap': replace(HALVES, overlap=0),
    'z2, pieces kept': replace(HALVES, max_inside=1),
    'z2, pieces 0.8': replace(HALVES, max_inside=0.8),
    'z2, any area': replace(HALVES, max_area=1),
    'z2, area 0.1': replace(HALVES, max_area=0.1),
    'z2, score x 0.5': replace(HALVES, score_factor=0.5),
    'z2, 10 masks': replace(HALVES, max_instances=10),
    'z2, stretched': replace(HALVES, stretch_depth=True),
    'z3, no overlap': replace(THIRDS, overlap=0),
    'z3, overlap 0.25': THIRDS,
    'z3, overlap 0.25, score x 0.5': replace(THIRDS, score_factor=0.5),
}
#: Looks that are tried after the longer first look too.
COMBINED = ('z2', 'z3, overlap 0.25')


@dataclass(frozen=True)
class Scene:
    """One image at its own size.

    Attributes:
        case: Of the study.
        image: (H, W, 3) uint8 RGB.
        depth: (H, W) float32 in [0, 1].
        features: Of a part of the image on a grid of so many patches a side.
    """

    case: Case
    image: np.ndarray
    depth: np.ndarray
    features: Callable[[Area, int], np.ndarray]


def scenes_of(name: str, semantics: str, limit: int) -> list[Scene]:
    """The images of a set with features of a kind."""
    found = []
    for case in load_cases(name, 'choose', 'features', limit):
        path = DATA / name / IMAGES[name][0] / case.entry['file_name']
        image = cv2.imread(str(path))[..., ::-1].copy()
        depth = cv2.resize(read_depth_of(case, {}), case.size[::-1])
        make = oracle_of(case) if semantics == 'oracle' else stand_in_of(image)
        found.append(Scene(case, image, depth.clip(0, 1), remembered(make)))
    return found


def remembered(
    make: Callable[[Area, int], np.ndarray],
) -> Callable[[Area, int], np.ndarray]:
    """The same features, made once for all methods."""
    known: dict[str, np.ndarray] = {}

    @functools.wraps(make)
    def give(area: Area, grid: int) -> np.ndarray:
        key = f'{area} {grid}'
        if key not in known:
            known[key] = make(area, grid).astype(np.float32)
        return known[key]

    return give


def oracle_of(case: Case) -> Callable[[Area, int], np.ndarray]:
    """Features of the true masks, at the resolution of the part."""
    kinds = list(category_ids(case.annotations))
    masks = case.masks()

    def make(area: Area, grid: int) -> np.ndarray:
        cover = np.zeros((len(kinds) + 1, grid, grid))
        for row, mask in zip(case.annotations, masks, strict=True):
            place = kinds.index(row.get('category_id', 1)) + 1
            pixels = mask[area].astype(np.float32)
            share = cv2.resize(
                pixels, (grid, grid), interpolation=cv2.INTER_AREA
            )
            cover[place] = np.maximum(cover[place], share)
        cover[0] = 1 - cover[1:].sum(axis=0)
        seed = [case.entry['id'], area[0].start or 0, area[1].start or 0]
        return class_features(seed, cover.argmax(axis=0), noisy(NOISE))

    return make


def stand_in_of(image: np.ndarray) -> Callable[[Area, int], np.ndarray]:
    """Features of the stand-in backbone, which sees the part enlarged."""
    import torch

    network = stand_in()

    def make(area: Area, grid: int) -> np.ndarray:
        side = SIDE * grid // GRID
        part = image[area]
        shrinks = part.shape[0] > side
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        part = cv2.resize(part, (side, side), interpolation=how)
        pixels = torch.from_numpy(part).permute(2, 0, 1)[None].float()
        found = network(pixels / 127.5 - 1)
        flat = found.flatten(1).T
        flat = flat - flat.mean(0)
        _, vectors = torch.linalg.eigh(flat.T @ flat)
        flat = flat @ vectors[:, -64:]
        return flat.T.reshape(-1, grid, grid).numpy()

    return make


def stand_in(cache: list[Any] = []) -> Any:  # noqa: B006  read once
    """The network, which is read from the folder of the data."""
    if not cache:
        path = DATA / 'tools' / 'stand_in_features.py'
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cache.append(module.MobileNetV2())
    return cache[0]


def method_of(name: str, crf: bool, **settings: Any) -> Method:
    """MaskCut or CutS3D, guarded, as in the study."""
    settings['refine'] = {'crf': crf}
    if name == 'MaskCut':
        settings['semantic'] = {'tau_ncut': 'auto'}
        return MaskCut.from_settings(**settings)
    settings['semantic'] = {'tau_ncut': 'auto', 'sharpening': None}
    return CutS3D.from_preset(name, **settings)


def cut(
    method: Method, image: np.ndarray, features: np.ndarray, depth: np.ndarray
) -> PseudoInstances:
    """Cut an image or a window."""
    if isinstance(method, MaskCut):
        return method(image, features)
    surface = method.local.surface(depth, features.shape[1:], image)
    return method(image, features, surface)


class Row:
    """What one setting finds in the images, and what it costs."""

    def __init__(self) -> None:
        self.predictions: list[dict[str, Any]] = []
        self.masks, self.seconds, self.images = 0, 0.0, 0

    def add(self, case: Case, found: PseudoInstances, seconds: float) -> None:
        """Add an image."""
        self.predictions += predictions_of(case, found)
        self.masks += len(found)
        self.seconds += seconds
        self.images += 1

    def measured(self, cases: list[Case]) -> dict[str, float]:
        """AP and AR by size in percent, masks and CPU seconds an image."""
        measures = [
            CocoMeasure(f'AR_{area}', '', curve='recall', area=area)
            for area in AREAS
        ]
        measures.append(CocoMeasure('AP', ''))
        group = AveragePrecision('segm')
        rows = rows_by_image(
            [case.entry for case in cases],
            [row for case in cases for row in case.annotations],
            self.predictions,
        )
        updates = [group.update(row) for row in rows]
        values = CocoStatistics.gather(measures, updates).compute(
            np.ones(len(cases), int), [m.name for m in measures]
        )
        return {
            **{name: round(value, 2) for name, value in values.items()},
            'masks': round(self.masks / self.images, 1),
            'seconds': round(self.seconds / self.images, 2),
        }


def study(
    scenes: list[Scene], name: str, crf: bool, looks: dict[str, SecondLook]
) -> dict[str, dict[str, float]]:
    """All settings of a method, measured."""
    rows: dict[str, Row] = {}
    first = method_of(name, crf, **FIRST)
    more = method_of(name, crf, **MORE)
    for scene in scenes:
        whole = (slice(None), slice(None))
        features = scene.features(whole, GRID)
        found, base = timed(first, scene, whole, features)
        results = {'first look': (found, base)}
        if not crf:
            results['first look, 10'] = timed(more, scene, whole, features)
            dense = scene.features(whole, 2 * GRID)
            results['dense, 10'] = timed(more, scene, whole, dense)
        seen: dict[Any, tuple[PseudoInstances, float]] = {}
        for label, look in looks.items():
            if look.stretch_depth and name == 'MaskCut':
                continue
            parts, spent = [], base
            for window in look.windows((GRID, GRID)):
                key = (window, look.stretch_depth)
                if key not in seen:
                    area = window.pixels(scene.case.size)
                    depth = look.depth_of(scene.depth, window)
                    seen[key] = timed(
                        first, scene, area, scene.features(area, GRID), depth
                    )
                parts.append((window, seen[key][0]))
                spent += seen[key][1]
            results[label] = (look.merge(found, parts), spent)
            if label in COMBINED and not crf:
                instances, seconds = results['first look, 10']
                results[f'first look, 10, then {label}'] = (
                    look.merge(instances, parts),
                    spent - base + seconds,
                )
        for label, (instances, seconds) in results.items():
            row = rows.setdefault(label, Row())
            row.add(scene.case, instances, seconds)
    cases = [scene.case for scene in scenes]
    return {label: row.measured(cases) for label, row in rows.items()}


def timed(
    method: Method,
    scene: Scene,
    area: Area,
    features: np.ndarray,
    depth: np.ndarray | None = None,
) -> tuple[PseudoInstances, float]:
    """Instances, and the CPU seconds of the cut without the features."""
    start = time.process_time()
    part = scene.image[area]
    # A window is refined at the size of the image, as the labelers do it.
    height, width = scene.image.shape[:2]
    image = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
    depth = scene.depth[area] if depth is None else depth
    found = at_size(cut(method, image, features, depth), part.shape[:2])
    return replace(found, steps=()), time.process_time() - start


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--limit', type=int, nargs=2, default=(14, 6))
    parser.add_argument('--methods', nargs='+', default=['MaskCut', 'guarded'])
    parser.add_argument('--semantics', nargs='+', default=['oracle', 'net'])
    parser.add_argument('--looks', nargs='+', default=list(LOOKS))
    parser.add_argument('--crf', action='store_true')
    parser.add_argument('--out', type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    looks = {name: LOOKS[name] for name in args.looks}
    names = ('AR_all', 'AR_small', 'AR_medium', 'AR_large', 'AP', 'masks')
    told = {}
    for semantics in args.semantics:
        scenes = [
            scene
            for name, limit in zip(
                ('coco_photos', 'pennfudan'), args.limit, strict=True
            )
            for scene in scenes_of(name, semantics, limit)
        ]
        for method in args.methods:
            rows = study(scenes, method, args.crf, looks)
            told[f'{semantics}, {method}'] = rows
            print(f'\n{semantics}, {method}: {", ".join(names)}, seconds')
            for label, row in rows.items():
                values = ' | '.join(f'{row[n]:.1f}' for n in names)
                print(f'| {label} | {values} | {row["seconds"]:.2f} |')
            if args.out:
                args.out.write_text(json.dumps(told, indent=1))


if __name__ == '__main__':
    main()
