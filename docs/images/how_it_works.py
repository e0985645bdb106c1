"""The pictures of docs/how_cuts3d_works.md, of one embedded scene.

    python docs/images/how_it_works.py

Writes how_semantic.jpg, how_local_cut.jpg and how_masks.jpg beside itself.
The preset is ``touching`` on classical features: no weights, no download.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use('Agg')

import matplotlib.pyplot as plt
import numpy as np
from mpl_toolkits.mplot3d.art3d import Line3DCollection

import mmcuts3d.registry  # noqa: F401  # repairs torchvision first
from mmcuts3d.cuts import CutS3D
from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.models.features.classical import classical_features
from mmcuts3d.visualization.drawing import (
    draw_confidence,
    draw_depth,
    draw_eigenvector,
    draw_instances,
    draw_patches,
    enlarge,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PATCH = 8
SIZE = (480, 480)
ORANGE = np.array([255, 115, 0], np.uint8)


def main() -> None:
    """Draws the three pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--scene', type=int, default=2, help='seed of the scene (%(default)s)'
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path(__file__).parent,
        help='folder of the pictures (that of this file)',
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    scene = make_scene(args.scene, SIZE)
    features = classical_features(scene.image, PATCH)
    method = CutS3D.from_preset('touching', num_instances=6)
    found = method(scene.image, features, scene.depth)
    first = next(step for step in found.steps if step.accepted)
    grid = first.semantic_mask.shape
    surface = method.local.surface(scene.depth, grid)
    _save(
        semantic(scene, features, method, first, surface.depth),
        args.out / 'how_semantic.jpg',
    )
    _save(
        local_cut(scene, method, first, surface),
        args.out / 'how_local_cut.jpg',
    )
    _save(masks(scene, found), args.out / 'how_masks.jpg')


def semantic(scene, features, method, step, depth) -> 'Figure':
    """From the image to the semantic mask."""
    flat = features.reshape(len(features), -1)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=0), 1e-9)
    grid = step.semantic_mask.shape
    seed = np.ravel_multi_index(step.seed, grid)
    affinity = (flat.T @ flat[:, seed]).reshape(grid)
    importance = method.semantic.sharpening.importance(depth)
    figure, axes = plt.subplots(2, 3, figsize=(7.5, 5.4))
    size = scene.image.shape[:2]
    panels = [
        ('image', scene.image),
        ('depth, bright = near', draw_depth(scene.depth)),
        ('affinity to the seed', None),
        ('Spatial Importance', None),
        ('eigenvector and seed', draw_eigenvector(step.eigenvector)),
        ('semantic mask', _tinted(scene, step.semantic_mask)),
    ]
    for axis, (title, picture) in zip(axes.flat, panels, strict=True):
        _panel(axis, title)
        if picture is None:
            values, low = (
                (affinity, -1.0)
                if title.startswith('affinity')
                else (importance, 0.0)
            )
            axis.imshow(values, cmap='viridis', vmin=low, vmax=1)
        else:
            axis.imshow(enlarge(picture, size))
    for axis in (axes[0, 2], axes[1, 1]):
        scale = 1 if axis is axes[0, 2] else size[0] / grid[0]
        row, column = ((place + 0.5) * scale - 0.5 for place in step.seed)
        axis.plot(column, row, '*', color='red', mec='white', ms=13)
    return figure


def local_cut(scene, method, step, surface) -> 'Figure':
    """The point cloud of the semantic mask, and the sweep of tau."""
    figure = plt.figure(figsize=(7.5, 6.4))
    mask, grid = step.semantic_mask, step.semantic_mask.shape
    points = surface.points.reshape(-1, 3)
    colours = _patch_colours(scene.image, grid)
    inside = mask.ravel()
    edges = method.local.removed_edges(mask, surface)
    parts = np.where(step.local_cut.ravel()[:, None], (1, 0.45, 0), colours)
    titles = ('point cloud', 'red: edges above τ_knn', 'orange: LocalCut')
    for number, (title, shown) in enumerate(
        zip(titles, (colours, colours, parts), strict=True)
    ):
        axis = figure.add_subplot(2, 3, number + 1, projection='3d')
        axis.set_title(title, fontsize=9)
        axis.scatter(*_upright(points[inside]).T, c=shown[inside], s=5, lw=0)
        if number == 1:
            ends = _upright(points[edges.ravel()]).reshape(-1, 2, 3)
            axis.add_collection3d(
                Line3DCollection(ends, colors='red', linewidths=0.3)
            )
        axis.view_init(elev=22, azim=-62)
        axis.set_box_aspect(np.ptp(_upright(points[inside]), axis=0), zoom=1.9)
        axis.set_axis_off()
    taus = method.local.taus[[0, -1]]
    cuts = method.local.sweep(mask, step.eigenvector, surface, taus)
    panels = [
        (f'LocalCut, τ = {tau:.3f}', _tinted(scene, cut))
        for tau, cut in zip(taus, cuts, strict=True)
    ]
    panels.append(('Spatial Confidence', draw_confidence(step.confidence)))
    for number, (title, picture) in enumerate(panels):
        axis = figure.add_subplot(2, 3, number + 4)
        _panel(axis, title)
        axis.imshow(enlarge(picture, scene.image.shape[:2]))
    return figure


def masks(scene, found) -> 'Figure':
    """From patches to pixels, and the instances."""
    figure, axes = plt.subplots(1, 3, figsize=(7.5, 2.8))
    grid = found.steps[0].semantic_mask.shape
    kept = [step for step in found.steps if step.instance is not None]
    patches = np.array([step.local_cut for step in kept])
    patches = patches.reshape(-1, *grid)
    size = scene.image.shape[:2]
    large = np.array([enlarge(mask, size) for mask in patches], bool)
    for axis, title, shown in zip(
        axes,
        ('LocalCuts, patches', 'after the CRF, pixels', 'true masks'),
        (large, found.masks, scene.masks),
        strict=True,
    ):
        _panel(axis, title)
        axis.imshow(draw_instances(scene.image, shown))
    return figure


def _tinted(scene, patches):
    return draw_patches(scene.image, patches, ORANGE)


def _patch_colours(image, grid):
    rows, columns = grid
    height, width = image.shape[:2]
    cells = image.reshape(rows, height // rows, columns, width // columns, 3)
    return cells.mean(axis=(1, 3)).reshape(-1, 3) / 255


def _upright(points):
    """Columns to the right, depth to the back, rows downwards."""
    x, y, z = np.asarray(points).T
    return np.stack([x, z, -y], axis=1)


def _panel(axis, title):
    axis.set_title(title, fontsize=9)
    axis.set_axis_off()


def _save(figure: 'Figure', path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=130, pil_kwargs={'quality': 85})
    plt.close(figure)


if __name__ == '__main__':
    main()
