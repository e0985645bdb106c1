"""What was tried with depth inside LocalCut, and is no setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
from cases import Case
from scipy.ndimage import gaussian_filter

from mmcuts3d.cuts import CutS3D, LocalCut, Surface

FOCAL = 525.0  # pixels at 640 x 480, rgbd_osd/camera.json
SLOPE_SIGMA = 6.0  # patches


class MaskRange(LocalCut):
    """Depth scaled to [0, 1] inside the semantic mask."""

    def mask_graph(self, mask, x, surface, tau):  # type: ignore[no-untyped-def]
        """With the range of the mask."""
        depth = surface.depth
        low, high = depth[mask].min(), depth[mask].max()
        scaled = ((depth - low) / max(high - low, 1e-6)).clip(0, 1)
        other = Surface(scaled, surface.grid, surface.z_scale)
        return super().mask_graph(mask, x, other, tau)


class SlopeRemoved(LocalCut):
    """Depth without its local mean inside the semantic mask."""

    def mask_graph(self, mask, x, surface, tau):  # type: ignore[no-untyped-def]
        """With the depth that is left."""
        depth = surface.depth
        weight = gaussian_filter(mask.astype(float), SLOPE_SIGMA)
        mean = gaussian_filter(np.where(mask, depth, 0), SLOPE_SIGMA)
        rest = depth - mean / np.maximum(weight, 1e-6)
        level = (rest + 0.5).clip(0, 1).astype(np.float32)
        other = Surface(level, surface.grid, surface.z_scale)
        return super().mask_graph(mask, x, other, tau)


def _replace(kind: type[LocalCut]) -> Callable[[CutS3D, Case], None]:
    def put(cut: CutS3D, case: Case) -> None:
        settings = {f.name: getattr(cut.local, f.name) for f in fields(kind)}
        cut.local = kind(**settings)

    return put


def _metric_scale(cut: CutS3D, case: Case) -> None:
    """As long as it is: the depth range over the width of the view."""
    known = case.depth[case.depth > 0]
    width = case.size[1] / FOCAL * np.median(known)
    z_scale = float((known.max() - known.min()) / width)
    cut.local = replace(cut.local, z_scale=z_scale)


VARIANTS: dict[str, Callable[[CutS3D, Case], None]] = {
    'range of the mask': _replace(MaskRange),
    'slope removed': _replace(SlopeRemoved),
    'metric scale': _metric_scale,
}
