"""What was tried with depth inside LocalCut, and is no setting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from cases import Case
from scipy.ndimage import gaussian_filter

from mmcuts3d.cuts import CutS3D, LocalCut

FOCAL = 525.0  # pixels at 640 x 480, rgbd_osd/camera.json
SLOPE_SIGMA = 6.0  # patches


class GroupRange(LocalCut):
    """Depth scaled to [0, 1] inside the semantic group."""

    def _scene(self, foreground, x, depth, tau):  # type: ignore[no-untyped-def]
        low, high = depth[foreground].min(), depth[foreground].max()
        scaled = (depth - low) / max(high - low, 1e-6)
        return super()._scene(foreground, x, scaled.clip(0, 1), tau)


class SlopeRemoved(LocalCut):
    """Depth without its local mean inside the semantic group."""

    def _scene(self, foreground, x, depth, tau):  # type: ignore[no-untyped-def]
        weight = gaussian_filter(foreground.astype(float), SLOPE_SIGMA)
        mean = gaussian_filter(np.where(foreground, depth, 0), SLOPE_SIGMA)
        rest = depth - mean / np.maximum(weight, 1e-6)
        return super()._scene(
            foreground, x, (rest + 0.5).clip(0, 1).astype(np.float32), tau
        )


def _replace(kind: type[LocalCut]) -> Callable[[CutS3D, Case], None]:
    def put(cut: CutS3D, case: Case) -> None:
        other = kind()
        vars(other).update(vars(cut.local_cut))
        cut.local_cut = other

    return put


def _metric_scale(cut: CutS3D, case: Case) -> None:
    """As long as it is: the depth range over the width of the scene."""
    known = case.depth[case.depth > 0]
    width = case.size[1] / FOCAL * np.median(known)
    cut.local_cut.z_scale = float((known.max() - known.min()) / width)


VARIANTS: dict[str, Callable[[CutS3D, Case], None]] = {
    'range of the group': _replace(GroupRange),
    'slope removed': _replace(SlopeRemoved),
    'metric scale': _metric_scale,
}
