"""Cuts one image by all methods in all rows; what they share is made once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import cv2
import numpy as np
from cases import GRID, Case
from runs import predictions_of, workers

from mmcuts3d.cuts import CutS3D, CutStep

from .classes import Rest, classes_of
from .methods import Method
from .rows import StressRow

#: Predictions of a row of the axis, by method.
Found = dict[str, dict[str, list[dict[str, Any]]]]
Value = TypeVar('Value')


class SharedCutter:
    """Methods on one image.

    Features, depth, surfaces, graphs and semantic cuts are made once for all
    methods that ask for the same ones, and what needs no depth is cut once
    for all depths.

    Args:
        case: The image.
        classes: Its :func:`classes_of`.
    """

    def __init__(self, case: Case, classes: Mapping[Rest, np.ndarray]) -> None:
        self.case = case
        self.classes = classes
        self._made: dict[Any, Any] = {}

    def predictions(
        self, row: StressRow, method: Method, name: str
    ) -> list[dict[str, Any]]:
        """COCO predictions of a method in a row of the axis."""
        depth = row.depth if isinstance(method, CutS3D) else None
        return self._once(
            ('predictions', row.mixture, row.rest, depth, name),
            lambda: predictions_of(
                self.case,
                method.instances(self.case.image, self.steps(row, method)),
            ),
        )

    def steps(self, row: StressRow, method: Method) -> list[CutStep]:
        """The steps of a method in a row of the axis."""
        kind = (row.mixture, row.rest)
        features = self._once(
            ('features', *kind),
            lambda: row.features_of(self.case, self.classes),
        )
        semantic = method.semantic
        # Of the settings, a graph knows the threshold and the sharpening.
        settings = replace(
            semantic,
            eps=1e-5,
            corner_rule='published',
            removal='delete',
            solver='lanczos',
        )
        if isinstance(method, CutS3D):
            local = method.local
            depth = self._once(
                ('depth', row.depth), lambda: row.depth_of(self.case)
            )
            surface = self._once(
                (
                    'surface',
                    row.depth,
                    local.z_scale,
                    local.pooling,
                    local.trust,
                    local.colours is None,
                ),
                lambda: local.surface(depth, (GRID, GRID), self.case.image),
            )
            progress = method.begin(surface, (GRID, GRID))
            sharpened = semantic.sharpening is not None and (
                row.depth,
                surface.trust,
            )
            key = ('graph', *kind, settings, sharpened)
            graph = self._once(
                key,
                lambda: semantic.graph(features, surface.depth, surface.trust),
            )
        else:
            progress = method.begin((GRID, GRID))
            key = ('graph', *kind, settings, False)
            graph = self._once(key, lambda: semantic.graph(features))
        while not progress.done:
            found = progress.found
            cut = self._once(
                ('cut', key, semantic, found.tobytes()),
                partial(semantic, graph, found),
            )
            method.advance(progress, cut)
        return progress.steps

    def _once(self, key: Any, make: Callable[[], Value]) -> Value:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def cut_image(
    case: Case,
    classes: Mapping[Rest, np.ndarray],
    rows: Sequence[StressRow],
    methods: Mapping[str, Method],
) -> Found:
    """Predictions of one image, by row and method."""
    cv2.setNumThreads(1)
    shared = SharedCutter(case, classes)
    return {
        row.name: {
            name: shared.predictions(row, method, name)
            for name, method in methods.items()
        }
        for row in rows
    }


def cut_images(
    name: str,
    cases: Sequence[Case],
    rows: Sequence[StressRow],
    methods: Mapping[str, Method],
    processes: int = 1,
) -> Found:
    """Predictions of all images, by row and method.

    Args:
        name: The set.
        cases: Images of it.
        rows: Rows of the axis.
        methods: Methods by name.
        processes: Defaults to 1, this one.
    """
    classes = [classes_of(name, case) for case in cases]
    number = len(cases)
    work = [list(cases), classes, [rows] * number, [methods] * number]
    run = map if processes == 1 else workers(processes).map
    found: Found = {
        row.name: {method: [] for method in methods} for row in rows
    }
    for place, one in enumerate(run(cut_image, *work)):
        for row, by_method in one.items():
            for method, predictions in by_method.items():
                found[row][method] += predictions
        print(f'image {place + 1} of {number}', file=sys.stderr, flush=True)
    return found
