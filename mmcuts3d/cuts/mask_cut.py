"""MaskCut (CutLER, Wang et al., 2023), the baseline, on one page.

Semantic masks are cut out of a patch graph, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import (
    check_arguments,
    check_count,
    check_features,
    check_image,
    check_part,
    grid_of,
)
from .instances import to_instances
from .progress import Progress
from .refinement import Refinement
from .selection import Selection
from .semantic.semantic_cut import SemanticCut, SemanticMask
from .types import ACCEPTED, CutStep, PseudoInstances, no_cut

#: What MaskCut's semantic cut has otherwise than CutS3D's.
SEMANTIC: Mapping[str, Any] = {
    'tau_ncut': 0.15,
    'sharpening': None,
    'removal': 'zero',
}

#: The parts of :class:`MaskCut`, by the names of their arguments.
PARTS: Mapping[str, type] = {
    'semantic': SemanticCut,
    'selection': Selection,
    'refine': Refinement,
}


class MaskCut:
    """N semantic cuts of one image, without depth: the baseline.

    Each part is given as an object or as its settings by name, of which
    those that are not named stay MaskCut's.

    Args:
        num_instances: N, steps per image. Defaults to 3 (supplement,
            Table 7).
        semantic: :class:`SemanticCut`. Defaults to None: threshold 0.15, no
            sharpening, found patches zeroed.
        selection: :class:`Selection`. Defaults to None: its defaults.
        refine: :class:`Refinement`. Defaults to None: its defaults.

    Raises:
        ValueError: On a setting of another name or out of range.

    Examples:
        >>> import numpy as np
        >>> from mmcuts3d.cuts import MaskCut
        >>> image = np.zeros((480, 480, 3), np.uint8)  # RGB
        >>> features = np.zeros((2, 60, 60))  # two kinds of patches
        >>> features[1, 20:40, 15:45] = 1  # two objects side by side
        >>> features[0] = 1 - features[1]
        >>> found = MaskCut(refine={'crf': False})(image, features)
        >>> found.masks.shape  # without depth they are one
        (1, 480, 480)
    """

    def __init__(
        self,
        *,
        num_instances: int = 3,
        semantic: SemanticCut | Mapping[str, Any] | None = None,
        selection: Selection | Mapping[str, Any] | None = None,
        refine: Refinement | Mapping[str, Any] | None = None,
    ) -> None:
        self.num_instances = check_count('num_instances', num_instances)
        self.semantic = check_part('semantic', semantic, SemanticCut, SEMANTIC)
        self.selection = check_part('selection', selection, Selection)
        self.refine = check_part('refine', refine, Refinement)
        if self.refine.confidence == 'aligned':
            raise ValueError(
                "Expected argument `refine.confidence` to be 'patches' or "
                "'crf', but got 'aligned': MaskCut has no Spatial Confidence "
                'to align.'
            )

    @property
    def has_confidences(self) -> bool:
        """Whether instances have a confidence map: that of the CRF."""
        return self.refine.confidence == 'crf'

    @classmethod
    def from_settings(cls, **settings: Any) -> MaskCut:
        """MaskCut by settings of whose names one cannot be sure: a config's.

        Args:
            **settings: Arguments of :class:`MaskCut`.

        Raises:
            ValueError: On another name, or settings out of range.
        """
        check_arguments(cls, settings, PARTS)
        return cls(**settings)

    def __call__(
        self, image: ArrayLike, features: ArrayLike
    ) -> PseudoInstances:
        """Label one image.

        Args:
            image: (H, W, 3) uint8 RGB.
            features: (C, h, w) float, dense features of the same frame.

        Returns:
            :class:`PseudoInstances`, at most N; every score is 1, and there
            are no confidences, unless `refine.confidence` is 'crf'.

        Raises:
            ValueError: On an argument of another shape, type or range.
        """
        return self.instances(check_image(image), self.steps(features))

    def instances(
        self,
        image: NDArray[np.uint8],
        steps: Sequence[CutStep],
        fitted: NDArray[np.bool_] | None = None,
    ) -> PseudoInstances:
        """The pseudo-labels of an image, from its :meth:`steps`.

        Args:
            image: (H, W, 3) uint8 RGB.
            steps: Its steps.
            fitted: See :func:`to_instances`. Defaults to None.
        """
        return to_instances(image, steps, self.refine, fitted=fitted)

    def steps(self, features: ArrayLike) -> list[CutStep]:
        """The N steps on the patch grid; see :class:`CutStep`.

        A rejected mask removes nothing and counts as no "mask before", so
        that the next step repeats its cut and may keep it: MaskCut's
        published code does so, and this is its baseline. One thing is ours:
        where what is left has no structure the steps end, in which the
        published code cuts noise.
        """
        array = check_features(features)
        progress = self.begin(grid_of(array))
        graph = self.semantic.graph(array)
        while not progress.done:
            self.advance(progress, self.semantic(graph, progress.found))
        return progress.steps

    def begin(self, grid: tuple[int, int]) -> Progress:
        """The state of an image (h, w) before its first step."""
        return Progress(found=np.zeros(grid, bool))

    def advance(self, progress: Progress, cut: SemanticMask | None) -> None:
        """One step: judge a semantic mask.

        Args:
            progress: State of the image, changed.
            cut: The semantic cut of what is left, or None if that has no
                structure.
        """
        if cut is None:
            progress.done = True
            if not progress.steps:
                progress.steps.append(no_cut(progress.found.shape))
            return
        status = self.selection.judge(cut.mask, progress.earlier)
        accepted = status == ACCEPTED
        progress.earlier.append(cut.mask if accepted else None)
        progress.found = progress.found | self.selection.removed(
            status, cut.mask, cut, progress.found
        )
        progress.steps.append(
            CutStep(
                eigenvector=cut.bipartition.eigenvector,
                semantic_mask=cut.mask,
                local_cut=cut.mask,
                confidence=None,
                seed=cut.seed,
                status=status,
                eigenvalue=cut.eigenvalue,
            )
        )
        progress.done = self.selection.is_last(
            [one.status for one in progress.steps], self.num_instances
        )
