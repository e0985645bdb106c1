"""CutS3D (Sick et al., 2025), the method, on one page.

As in MaskCut a patch graph is cut N times; here the graph is sharpened at
depth edges (§3.3), each semantic mask is cut again in 3D (§3.2), and every
patch gets a confidence (§3.4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import (
    check_arguments,
    check_count,
    check_features,
    check_image,
    check_literal,
    check_part,
    check_range,
    check_unit_depth,
    grid_of,
)
from .instances import Score, to_instances
from .presets import Preset, preset
from .progress import SurfaceProgress
from .refinement import Refinement
from .selection import Selection
from .semantic.bipartition import is_complement
from .semantic.semantic_cut import SemanticCut, SemanticMask
from .semantic.spatial_importance import Sharpening
from .spatial.colour_edges import ColourEdges
from .spatial.creases import Creases
from .spatial.depth_trust import DepthTrust
from .spatial.local_cut import LocalCut
from .spatial.spatial_confidence import spatial_confidence
from .spatial.surface import Surface
from .types import (
    ACCEPTED,
    TOO_COSTLY,
    CutStep,
    PseudoInstances,
    no_cut,
)

Paint = Literal['local', 'semantic']

#: The parts of :class:`CutS3D`, by the names of their arguments.
PARTS: Mapping[str, type] = {
    'semantic': SemanticCut,
    'semantic.sharpening': Sharpening,
    'local': LocalCut,
    'local.creases': Creases,
    'local.trust': DepthTrust,
    'local.colours': ColourEdges,
    'selection': Selection,
    'refine': Refinement,
}


class CutS3D:
    """N semantic cuts, each cut again in 3D, with Spatial Confidence.

    The defaults are the paper's method, with its values where it states
    them. What goes beyond it has names of its own, see :meth:`from_preset`.
    Each part is given as an object or as its settings by name.

    Args:
        num_instances: N, steps per image. Defaults to 3 (supplement,
            Table 7).
        semantic: :class:`SemanticCut`. Defaults to None: the paper's.
        local: :class:`LocalCut`, or False: no cut in 3D, a semantic mask is
            an instance, without a confidence (supplement, Table 3a).
            Defaults to None: the paper's.
        selection: :class:`Selection`. Defaults to None: MaskCut's.
        refine: :class:`Refinement`. Defaults to None: MaskCut's.
        early_stop: IoU of a semantic cut (either side) with the rest of the
            image above which nothing is left to find. The threshold is not
            stated; an object of less than 1 - early_stop of the image can be
            lost by it. Defaults to 0.99, that is to `min_area`.
        paint: What leaves the graph after a step: the ``'local'`` cut or
            the whole ``'semantic'`` mask. Not stated. Defaults to 'local'.
        max_eigenvalue: Steps end when the semantic cut costs more, so that
            `num_instances` can be a generous limit. Beyond the paper.
            Defaults to 2 (disabled).
        score: See :func:`to_instances`. Defaults to 'confidence'.

    Raises:
        ValueError: On a setting of another name or out of range.

    Examples:
        >>> import numpy as np
        >>> from mmcuts3d.cuts import CutS3D
        >>> image = np.zeros((480, 480, 3), np.uint8)  # RGB
        >>> features = np.zeros((2, 60, 60))  # two kinds of patches
        >>> features[1, 20:40, 15:45] = 1  # two objects side by side
        >>> features[0] = 1 - features[1]
        >>> depth = np.full((60, 60), 0.9)  # 0 = near, 1 = far
        >>> depth[20:40, 15:30], depth[20:40, 30:45] = 0.2, 0.5
        >>> found = CutS3D(refine={'crf': False})(image, features, depth)
        >>> found.masks.shape, len(found.scores)
        ((2, 480, 480), 2)
    """

    def __init__(
        self,
        *,
        num_instances: int = 3,
        semantic: SemanticCut | Mapping[str, Any] | None = None,
        local: LocalCut | Mapping[str, Any] | Literal[False] | None = None,
        selection: Selection | Mapping[str, Any] | None = None,
        refine: Refinement | Mapping[str, Any] | None = None,
        early_stop: float = 0.99,
        paint: Paint = 'local',
        max_eigenvalue: float = 2.0,
        score: Score = 'confidence',
    ) -> None:
        self.num_instances = check_count('num_instances', num_instances)
        self.semantic = check_part('semantic', semantic, SemanticCut)
        #: Whether semantic masks are cut in 3D; if not, `local` only says
        #: how depth comes to the patch grid.
        self.cuts_in_3d = local is not False
        self.local = check_part(
            'local', None if local is False else local, LocalCut
        )
        self.selection = check_part('selection', selection, Selection)
        self.refine = check_part('refine', refine, Refinement)
        self.early_stop = check_range('early_stop', early_stop, 0, 1)
        self.paint = check_literal('paint', paint, Paint)
        self.max_eigenvalue = check_range(
            'max_eigenvalue', max_eigenvalue, 0, 2
        )
        check_literal('score', score, Score)
        self.score: Score = score
        self._check_together()

    def _check_together(self) -> None:
        """ValueError on settings of parts that need each other."""
        if not self._sweeps and self.refine.confidence == 'aligned':
            raise ValueError(
                'Expected a sweep of two cuts or more for argument '
                "`refine.confidence` 'aligned', but got one cut: there is no "
                'Spatial Confidence to align.'
            )
        parted = self.selection.min_separation > 0 or (
            self.score == 'separation'
        )
        if parted and not self.cuts_in_3d:
            raise ValueError(
                'Expected argument `local` to be a LocalCut where '
                '`selection.min_separation` or `score` ask how masks part in '
                '3D, but got False.'
            )

    @property
    def has_confidences(self) -> bool:
        """Whether instances have a confidence map."""
        return self._sweeps or self.refine.confidence == 'crf'

    @property
    def _sweeps(self) -> bool:
        """Whether the sweep has two cuts or more, which can disagree."""
        return self.cuts_in_3d and self.local.num_cuts > 1

    @classmethod
    def from_preset(cls, name: Preset = 'paper', **changes: Any) -> CutS3D:
        """CutS3D by the name of a preset, with changes.

        Args:
            name: One of :data:`mmcuts3d.cuts.presets.PRESETS`.
            **changes: Arguments of :class:`CutS3D`; of a part, settings by
                name, of which those that are not named stay the preset's.

        Raises:
            ValueError: On another name, or settings out of range.
        """
        check_arguments(cls, changes, PARTS)
        return cls(**preset(name, **changes))

    def __call__(
        self,
        image: ArrayLike,
        features: ArrayLike,
        depth: ArrayLike | Surface,
    ) -> PseudoInstances:
        """Label one image.

        Args:
            image: (H, W, 3) uint8 RGB.
            features: (C, h, w) float, dense features of the same frame.
            depth: (H, W) or (h, w) float in [0, 1], 0 = nearest; or the
                :meth:`LocalCut.surface` of a map of another size.

        Returns:
            :class:`PseudoInstances`, at most N, with the steps that they
            were cut in.

        Raises:
            ValueError: On an argument of another shape, type or range.
        """
        pixels = check_image(image)
        grid = check_features(features).shape[1:]
        if not isinstance(depth, Surface):
            depth = check_unit_depth(depth)
            if depth.shape not in (pixels.shape[:2], grid):
                raise ValueError(
                    'Expected argument `depth` to have the size of the image '
                    f'{pixels.shape[:2]} or of the features {grid}, '
                    f'but got {depth.shape}.'
                )
        steps = self.steps(features, depth, pixels)
        return self.instances(pixels, steps)

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
        return to_instances(image, steps, self.refine, self.score, fitted)

    def steps(
        self,
        features: ArrayLike,
        depth: ArrayLike | Surface,
        image: ArrayLike | None = None,
    ) -> list[CutStep]:
        """The steps on the patch grid; see :class:`CutStep`.

        Args:
            features: (C, h, w) float.
            depth: (h, w) or finer, float in [0, 1], 0 = nearest; or the
                :meth:`LocalCut.surface` of it.
            image: (H, W, 3) uint8 RGB, where colours count and depth is no
                surface yet. Defaults to None.

        Returns:
            One to N steps; fewer than N where an early stop came.
        """
        array = check_features(features)
        progress = self.begin(depth, grid_of(array), image)
        surface = progress.surface
        graph = self.semantic.graph(array, surface.depth, surface.trust)
        while not progress.done:
            self.advance(progress, self.semantic(graph, progress.found))
        return progress.steps

    def begin(
        self,
        depth: ArrayLike | Surface,
        grid: tuple[int, int],
        image: ArrayLike | None = None,
    ) -> SurfaceProgress:
        """The state of an image before its first step.

        Args:
            depth: See :meth:`steps`.
            grid: (h, w) of the patch grid.
            image: See :meth:`steps`. Defaults to None.
        """
        surface = self.local.surface(depth, grid, image)
        found: NDArray[np.bool_] = np.zeros(surface.grid, bool)
        return SurfaceProgress(found=found, surface=surface)

    def advance(
        self, progress: SurfaceProgress, cut: SemanticMask | None
    ) -> None:
        """One step: cut a semantic mask in 3D, and judge the instance.

        Args:
            progress: State of the image, changed.
            cut: The semantic cut of what is left, or None if that has no
                structure.
        """
        surface, steps = progress.surface, progress.steps
        if cut is None or self._ends(progress, cut):
            progress.done = True
            if not steps:
                nothing = self._nothing(surface)
                if cut is not None:
                    nothing = replace(
                        nothing, status=TOO_COSTLY, eigenvalue=cut.eigenvalue
                    )
                steps.append(nothing)
            return
        step = self._step(cut, surface, progress.earlier)
        accepted = step.status == ACCEPTED
        progress.earlier.append(step.local_cut if accepted else None)
        kept = step.local_cut if self.paint == 'local' else cut.mask
        progress.found = progress.found | self.selection.removed(
            step.status, kept, cut, progress.found
        )
        steps.append(step)
        progress.done = self.selection.is_last(
            [one.status for one in steps], self.num_instances
        )

    def _ends(self, progress: SurfaceProgress, cut: SemanticMask) -> bool:
        """Whether a semantic cut shows that nothing is left to find."""
        if cut.eigenvalue > self.max_eigenvalue:
            return True
        return bool(progress.steps) and is_complement(
            cut.bipartition, progress.found, self.early_stop
        )

    def _nothing(self, surface: Surface) -> CutStep:
        none = no_cut(surface.grid, surface.depth)
        none = replace(none, trust=surface.trust)
        return none if self._sweeps else replace(none, confidence=None)

    def _step(
        self,
        cut: SemanticMask,
        surface: Surface,
        earlier: list[NDArray[np.bool_] | None],
    ) -> CutStep:
        """Cut a semantic mask in 3D."""
        x = cut.bipartition.eigenvector
        mask, separation = cut.mask, math.nan
        if self.cuts_in_3d:
            cuts = self.local.sweep(mask, x, surface)
            mask = cuts[-1]
            separation = self.local.separation(mask, surface)
        return CutStep(
            eigenvector=x,
            semantic_mask=cut.mask,
            local_cut=mask,
            confidence=spatial_confidence(cuts, mask)
            if self._sweeps
            else None,
            seed=cut.seed,
            status=self.selection.judge(mask, earlier, separation),
            depth=surface.depth,
            eigenvalue=cut.eigenvalue,
            separation=separation,
            trust=surface.trust,
        )
