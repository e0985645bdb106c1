"""Light on one embedded RGB-D scene, and the camera that takes it."""

import numpy as np
from scipy import ndimage

from .kinds import Thing, floor_frame
from .rendering import Hits, image_grid, surface_normals
from .textures import Ground, Material, ground_albedo, object_albedo

_WARM = np.array([1.0, 0.97, 0.91], np.float32)
_COOL = np.array([0.92, 0.97, 1.04], np.float32)


def shade(
    hits: Hits,
    things: list[Thing],
    depth: np.ndarray,
    material: Material,
    ground: Ground,
    light: np.ndarray,
    elevation: float,
) -> np.ndarray:
    """Linear colour of every ray: albedo times light, and highlights.

    Args:
        hits (Hits): What the rays meet, (H, W) even in both directions.
        things (list): The objects.
        depth (np.ndarray): (H, W) depth of the ground.
        material (Material): What the objects are made of.
        ground (Ground): What they stand on.
        light (np.ndarray): (3,) unit vector towards the light.
        elevation (float): Angle of the camera above the floor, radians.

    Returns:
        np.ndarray: (H, W, 3) float32, linear RGB, 1 is white.
    """
    y, x = image_grid(*hits.depth.shape)
    points = np.stack([*np.meshgrid(x, y), hits.depth], -1)
    normal = surface_normals(hits, points, things, depth)
    light = light.astype(np.float32)
    up = floor_frame(elevation)[2].astype(np.float32)
    middle = light + np.array([0, 0, -1], np.float32)
    middle /= np.linalg.norm(middle)
    # Shadows are soft and smooth: a quarter of the rays is enough.
    lit = 1 - _shadow(points[::2, ::2], normal[::2, ::2], things, light)
    lit, openness = _double(lit), _double(_openness(hits.depth[::2, ::2]))
    diffuse = 0.85 * np.maximum(normal @ light, 0) * lit
    ambient = (0.42 + 0.16 * (normal @ up)) * openness
    colour = _albedo(hits, points, things, material, ground, depth, elevation)
    colour *= diffuse[..., None] * _WARM + ambient[..., None] * _COOL
    solid = hits.owner >= 0
    shine = np.maximum(normal[solid] @ middle, 0) ** 40 * lit[solid]
    colour[solid] += material.gloss * shine[:, None]
    return colour


def expose(
    colour: np.ndarray, rng: np.random.Generator, noise: float
) -> np.ndarray:
    """Linear colour as an sRGB-like picture with vignette and noise.

    Args:
        colour (np.ndarray): (H, W, 3) linear RGB.
        rng (np.random.Generator): Source of the noise.
        noise (float): Standard deviation, share of full scale.

    Returns:
        np.ndarray: (H, W, 3) uint8.
    """
    y, x = image_grid(*colour.shape[:2])
    radius = y[:, None] ** 2 + x[None] ** 2
    colour = colour * (1 - 0.3 * radius)[..., None]
    # A soft shoulder keeps highlights from burning out.
    encoded = (1.1 * colour / (1 + 0.12 * colour)).clip(0, 1) ** (1 / 2.2)
    encoded += rng.standard_normal(encoded.shape, np.float32) * noise
    return (encoded * 255).round().clip(0, 255).astype(np.uint8)


def _double(half: np.ndarray) -> np.ndarray:
    return half.repeat(2, axis=0).repeat(2, axis=1)


def _albedo(
    hits: Hits,
    points: np.ndarray,
    things: list[Thing],
    material: Material,
    ground: Ground,
    depth: np.ndarray,
    elevation: float,
) -> np.ndarray:
    # One colour a pixel is enough for the ground, that has no sharp edges.
    floor = points[::2, ::2].copy()
    floor[..., 2] = depth[::2, ::2]
    axes = floor_frame(elevation).astype(np.float32)
    colours = ground_albedo(ground, floor.reshape(-1, 3) @ axes.T)
    albedo = _double(colours.reshape(floor.shape))
    for index, thing in enumerate(things):
        mine = hits.owner == index
        base = thing.base.astype(np.float32)
        local = (points[mine] - base) @ thing.frame.T.astype(np.float32)
        tones = np.array([solid.tone for solid in thing.solids])
        colours = object_albedo(
            material, local, thing.size, tones[hits.part[mine]], thing.phase
        )
        albedo[mine] = thing.tint * colours
    return albedo


def _shadow(
    points: np.ndarray,
    normal: np.ndarray,
    things: list[Thing],
    light: np.ndarray,
) -> np.ndarray:
    """(H, W) share of the light that the solids take away, soft edged."""
    facing = normal @ light > 0
    shadow = np.zeros(facing.shape, np.float32)
    start = points + 0.006 * normal
    along_light = start @ light
    for solid in (solid for thing in things for solid in thing.solids):
        # Only rays that pass the ball around the solid can hit it.
        offset = start - solid.centre
        along = along_light - solid.centre @ light
        distance = np.einsum('hwi,hwi->hw', offset, offset) - along**2
        reach = float(solid.half @ solid.half)
        near = (distance < reach) & (along < reach**0.5) & facing
        if near.any():
            enter, leave = solid.interval(start[near], light)
            shadow[near] = np.maximum(
                shadow[near], (leave > enter) & (leave > 0)
            )
    return 0.75 * ndimage.gaussian_filter(shadow, len(shadow) / 90, truncate=3)


def _openness(depth: np.ndarray) -> np.ndarray:
    """(H, W) in [0.45, 1]: lower where the neighbourhood lies in front."""
    blurred = ndimage.gaussian_filter(depth, len(depth) / 40, truncate=2)
    behind = np.maximum(depth - blurred, 0)
    return 1 - 0.55 * (1 - np.exp(-6 * behind))
