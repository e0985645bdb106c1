"""The rows of the stress axis: one thing changed around a base.

The base has a noise of 0.4 of the signal and depth as given, and the classes
that the set has. Where things go wrong together is measured in corners: more
noise, with each depth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from cases import Case
from runs import read_depth_of

from mmcuts3d.models.depth.normalise import normalise_depth

from .classes import Rest, other_rest
from .depths import DEPTHS
from .features import BACKBONES, Mixture, class_features, noisy

#: Noise of the base and of the corners.
BASE, CORNER = 0.4, 0.7


@dataclass(frozen=True)
class StressRow:
    """One point of the stress axis.

    Attributes:
        name: What is changed.
        mixture: What the features are made of; None for the features of the
            set as they are, of the stand-in backbone.
        rest: Whether the rest of the image is one class or several.
        depth: A name of ``DEPTHS``.
    """

    name: str
    mixture: Mixture | None
    rest: Rest
    depth: str = 'as given'

    def features_of(
        self, case: Case, classes: Mapping[Rest, np.ndarray]
    ) -> np.ndarray:
        """(C, 60, 60) float32.

        Args:
            case: The image.
            classes: Its :func:`classes_of`.
        """
        if self.mixture is None:
            return case.features
        return class_features(
            case.entry['id'], classes[self.rest], self.mixture
        )

    def depth_of(self, case: Case) -> np.ndarray:
        """(H, W) float32 in [0, 1], 0 = nearest."""
        depth = read_depth_of(case, {})
        return normalise_depth(DEPTHS[self.depth](depth, case.entry['id']))


def stress_rows(rest: Rest) -> dict[str, StressRow]:
    """All rows by name, the base first.

    Args:
        rest: How the rest of the images is but where it is changed.
    """
    other = other_rest(rest)
    classes = 'class' if other == 'one' else 'classes'
    worse = [name for name in DEPTHS if name != 'as given']
    rows = [
        StressRow(f'noise {BASE}', noisy(BASE), rest),
        *(
            StressRow(f'noise {noise}', noisy(noise), rest)
            for noise in (0.0, 0.2, CORNER, 1.0)
        ),
        *(
            StressRow(f'offset {offset}', noisy(BASE, offset), rest)
            for offset in (0.1, 0.3, 0.5)
        ),
        *(
            StressRow(name, mixture, rest)
            for name, mixture in BACKBONES.items()
        ),
        StressRow('stand-in', None, rest),
        *(
            StressRow(f'rest {other} {classes}{text}', noisy(noise), other)
            for noise, text in ((BASE, ''), (CORNER, f', noise {CORNER}'))
        ),
        *(StressRow(name, noisy(BASE), rest, name) for name in worse),
        *(
            StressRow(f'noise {CORNER}, {name}', noisy(CORNER), rest, name)
            for name in worse
        ),
    ]
    return {row.name: row for row in rows}
