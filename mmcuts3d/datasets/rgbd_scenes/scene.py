"""RGB-D scenes made by code: the images and truth of the demo.

Objects of one kind touch in the picture and stand at different depths:
semantics joins them, depth separates them.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .kinds import KINDS, floor_frame
from .layout import Wishes, arrange
from .rendering import Stage, trace
from .shading import expose, shade
from .textures import random_ground, random_hue, random_material


@dataclass(frozen=True)
class Scene:
    """One scene.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        depth (np.ndarray): (H, W) float32 in [0, 1], 0 = nearest.
        masks (np.ndarray): (N, H, W) bool, visible parts, disjoint.
        kind (str): What all objects are, a key of
            :data:`~mmcuts3d.datasets.rgbd_scenes.kinds.KINDS`.
        wall (np.ndarray): (H, W) bool, where the ground is nearer to the
            wall than to the floor, behind objects too.
    """

    image: np.ndarray
    depth: np.ndarray
    masks: np.ndarray
    kind: str
    wall: np.ndarray


def make_scene(
    seed: int,
    size: tuple[int, int] = (256, 256),
    num_objects: tuple[int, int] = (2, 5),
    depth_gap: tuple[float, float] = (0.05, 0.3),
    isolated: float = 0.25,
    image_noise: float = 0.008,
    depth_noise: float = 0.002,
    kind: str | None = None,
    hue: float | None = None,
) -> Scene:
    """Make one scene, always the same from the same arguments.

    Args:
        seed (int): Chooses everything that is left open here, >= 0.
        size (tuple): Height and width, pixels, each >= 32. Defaults to
            (256, 256).
        num_objects (tuple): Fewest and most objects. All but an isolated
            one form a cluster that is connected in the picture. Crowded
            scenes may end with fewer than drawn, never fewer than the
            first number. Defaults to (2, 5).
        depth_gap (tuple): Smallest and largest step in depth between an
            object and the one it was put beside, median along their common
            border, as a share of the depth range. Defaults to (0.05, 0.3).
        isolated (float): Chance that one of three or more objects stands
            alone. Defaults to 0.25.
        image_noise (float): Standard deviation of the noise in the image,
            share of full scale. Defaults to 0.008.
        depth_noise (float): The same for depth. Defaults to 0.002.
        kind (str, optional): What stands there, a key of
            :data:`~mmcuts3d.datasets.rgbd_scenes.kinds.KINDS`. Defaults to
            None, any.
        hue (float, optional): Colour of the objects, on the circle of hues,
            in [0, 1): scenes of one kind can so be given one colour. Pattern,
            tone and shades still differ. Defaults to None, any.

    Returns:
        Scene: Image, depth, visible masks, and what they are of.

    Raises:
        ValueError: If an argument is out of its range.
    """
    _check(seed, size, num_objects, depth_gap, kind)
    if hue is not None and not 0 <= hue < 1:
        raise ValueError(
            f'Expected argument `hue` to lie in [0, 1), but got {hue}'
        )
    rng = np.random.default_rng(seed)
    height, width = size
    kind = str(rng.choice(list(KINDS))) if kind is None else kind
    drawn = random_hue(rng)  # in any case: what follows stays the same
    hue = drawn if hue is None else hue
    material, ground = random_material(rng, hue), random_ground(rng, hue)
    stage = Stage(
        elevation=np.deg2rad(rng.uniform(15, 24)),
        wall=rng.uniform(1.9, 2.4),
        yaw=np.deg2rad(rng.uniform(-25, 25)),
        bend=rng.uniform(0.05, 0.15),
    )
    wishes = Wishes(kind, rng.uniform(1.05, 1.35), width / height, depth_gap)
    things = arrange(rng, stage, wishes, num_objects, isolated)
    # Two by two rays a pixel: their mean is the anti-aliased image, one of
    # them decides depth and owner, so that masks and depth agree exactly.
    behind = stage.depth(2 * height, 2 * width)
    hits = trace(things, behind)
    light, elevation = _light(rng, stage.elevation), stage.elevation
    colour = shade(hits, things, behind, material, ground, light, elevation)
    colour = (colour[::2] + colour[1::2]) / 2
    colour = (colour[:, ::2] + colour[:, 1::2]) / 2
    image = expose(colour, rng, image_noise)
    owner = hits.owner[1::2, 1::2]
    masks = owner[None] == np.arange(len(things))[:, None, None]
    depth = _sense(hits.depth[1::2, 1::2], rng, depth_noise)
    wall = stage.is_wall(2 * height, 2 * width)[1::2, 1::2]
    return Scene(image, depth, masks, kind, wall)


def _check(
    seed: int,
    size: tuple[int, int],
    num_objects: tuple[int, int],
    depth_gap: tuple[float, float],
    kind: str | None,
) -> None:
    if seed < 0:
        raise ValueError(
            f'Expected argument `seed` to be at least 0, but got {seed}'
        )
    if len(size) != 2 or min(size) < 32:
        raise ValueError(
            'Expected argument `size` to be (height, width) of at least 32 '
            f'pixels each, but got {size}'
        )
    if not 1 <= num_objects[0] <= num_objects[1]:
        raise ValueError(
            'Expected argument `num_objects` to be (fewest, most) with '
            f'1 <= fewest <= most, but got {num_objects}'
        )
    if not 0 < depth_gap[0] <= depth_gap[1] <= 0.5:
        raise ValueError(
            'Expected argument `depth_gap` to be (smallest, largest) within '
            f'(0, 0.5], but got {depth_gap}'
        )
    if kind is not None and kind not in KINDS:
        raise ValueError(
            f'Expected argument `kind` to be one of {sorted(KINDS)}, but '
            f'got {kind!r}'
        )


def _light(rng: np.random.Generator, elevation: float) -> np.ndarray:
    """(3,) unit vector towards a light above, beside and before the scene."""
    side = rng.choice([-1, 1]) * rng.uniform(0.35, 0.8)
    direction = np.array([side, -rng.uniform(0.35, 0.7), 1.0])
    direction = direction @ floor_frame(elevation)
    return direction / np.linalg.norm(direction)


def _sense(
    depth: np.ndarray, rng: np.random.Generator, noise: float
) -> np.ndarray:
    """Depth as a sensor gives it: in [0, 1], softly and finely noisy."""
    depth = (depth - depth.min()) / (depth.max() - depth.min())
    fine = rng.normal(0, noise, depth.shape)
    soft = ndimage.gaussian_filter(rng.normal(0, 1, depth.shape), 3)
    soft *= noise / max(soft.std(), 1e-9)
    # Like a stereo sensor, noisier far away.
    depth = depth + (fine + soft) * (0.5 + depth)
    depth = (depth - depth.min()) / (depth.max() - depth.min())
    return depth.astype(np.float32)
