"""The images of the study: image, depth, features and true masks.

Each set has a part to choose settings on and a part to report on; images
alternate between them, so that both hold every kind of image.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

import mmcuts3d.registry  # noqa: F401  first: it repairs imports
from mmcuts3d.evaluation import load_ground_truth
from mmcuts3d.models.depth.readers import read_depth
from mmcuts3d.models.features.from_files import read_features

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get('MMCUTS3D_DATA', ROOT.parent / 'shared' / 'data'))
SIDE, GRID = 480, 60
PARTS = ('choose', 'report')
SEMANTICS = ('oracle', 'features')
#: Folder of images, folder of depth, how normalise_depth reads it.
IMAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    'rgbd_osd': ('color', 'depth_mm', {'invalid': 0.0}),
    'coco_photos': ('images', 'depth_pydnetpp', {}),
    'pennfudan': ('images', 'depth_pydnetpp', {}),
}
SETS = (*IMAGES, 'scenes')
NUM_SCENES = 48


@dataclass(frozen=True)
class Case:
    """One image.

    Attributes:
        entry: COCO image.
        annotations: COCO annotations with run-length codes.
        image: (480, 480, 3) uint8 RGB.
        features: (C, 60, 60) float32.
        depth: (H, W), as the sensor or the network gives it.
        depth_options: Arguments of ``normalise_depth`` for it.
    """

    entry: dict[str, Any]
    annotations: list[dict[str, Any]]
    image: np.ndarray
    features: np.ndarray
    depth: np.ndarray
    depth_options: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the image."""
        return self.entry['height'], self.entry['width']

    def masks(self) -> np.ndarray:
        """(N, H, W) bool, the true masks."""
        found = [coco_mask.decode(r['segmentation']) for r in self.annotations]
        return np.array(found, bool).reshape(-1, *self.size)

    def patches(self) -> np.ndarray:
        """(N, 60, 60) bool, the true masks on the patch grid."""
        return np.array(
            [shares(mask) > 0.5 for mask in self.masks()], bool
        ).reshape(-1, GRID, GRID)


def load_cases(
    name: str, part: str, semantics: str, limit: int | None = None
) -> list[Case]:
    """Read the part of a set.

    Args:
        name: One of ``SETS``.
        part: 'choose' or 'report'.
        semantics: 'oracle' makes features from the true masks, one direction
            for each category and one for the rest, with noise, so that the
            3D cut is measured alone; 'features' reads those of the stand-in
            backbone (of the scenes: classical ones).
        limit: First so many images of the part. Defaults to all.

    Raises:
        ValueError: If the set is unknown or not here.
    """
    if name not in SETS or part not in PARTS or semantics not in SEMANTICS:
        raise ValueError(
            f'Expected a set of {SETS}, a part of {PARTS} and semantics of '
            f'{SEMANTICS}, but got {name!r}, {part!r} and {semantics!r}.'
        )
    if name == 'scenes':
        return _scenes(part, semantics, limit)
    root = DATA / name
    if not root.is_dir():
        raise ValueError(
            f'Expected the set {name} at {root}, but got no such folder; '
            'set MMCUTS3D_DATA.'
        )
    color, depth, depth_options = IMAGES[name]
    entries, annotations = load_ground_truth(root / 'instances.json')
    entries = sorted(entries, key=lambda entry: entry['id'])
    cases = []
    for entry in entries[PARTS.index(part) :: 2][:limit]:
        stem = Path(entry['file_name']).stem
        image = cv2.imread(str(root / color / entry['file_name']))
        mine = [r for r in annotations if r['image_id'] == entry['id']]
        if semantics == 'oracle':
            features = oracle_semantics(entry, mine)
        else:
            features = read_features(
                root / 'features_mobilenetv2' / f'{stem}.npz'
            )
        cases.append(
            Case(
                entry,
                mine,
                cv2.resize(image, (SIDE, SIDE))[..., ::-1].copy(),
                features,
                read_depth(root / depth / f'{stem}.png'),
                depth_options,
            )
        )
    return cases


def oracle_semantics(
    entry: dict[str, Any], annotations: list[dict[str, Any]]
) -> np.ndarray:
    """(64, 60, 60): a direction for each category, one for the rest, noise.

    Directions are orthogonal, so that a pair of patches of one kind has a
    cosine of about 0.8 and one of two kinds 0 plus or minus 0.1. All
    instances of a category are the same to the features.
    """
    kinds = patch_kinds(annotations)
    rng = np.random.default_rng(entry['id'])
    number = int(category_ids(annotations).size) + 1
    directions = np.linalg.qr(rng.normal(size=(64, number)))[0].T
    noise = rng.normal(size=(GRID, GRID, 64)) * 0.06
    features = directions[kinds] + noise
    return features.transpose(2, 0, 1).astype(np.float32)


def category_ids(annotations: list[dict[str, Any]]) -> np.ndarray:
    """(K,) int, the categories of an image, rising."""
    return np.unique([row.get('category_id', 1) for row in annotations])


def patch_kinds(annotations: list[dict[str, Any]]) -> np.ndarray:
    """(60, 60) int, what most of a patch is.

    0 for the rest of the image, k for the k-th of its ``category_ids``.
    """
    categories = list(category_ids(annotations))
    cover = np.zeros((len(categories) + 1, GRID, GRID))
    for row in annotations:
        mask = coco_mask.decode(row['segmentation']).astype(bool)
        index = categories.index(row.get('category_id', 1)) + 1
        cover[index] = np.maximum(cover[index], shares(mask))
    cover[0] = 1 - cover[1:].sum(axis=0)
    return cover.argmax(axis=0)


def shares(mask: np.ndarray) -> np.ndarray:
    """(60, 60) float, how much of each patch a mask (H, W) covers."""
    pixels = mask.astype(np.float32)
    return cv2.resize(pixels, (GRID, GRID), interpolation=cv2.INTER_AREA)


def _scenes(part: str, semantics: str, limit: int | None) -> list[Case]:
    """Embedded scenes, other ones than the demo's and the tests'."""
    import torch

    from mmcuts3d.datasets.rgbd_scenes import make_scene
    from mmcuts3d.labels import instance_to_annotation
    from mmcuts3d.models.features import ClassicalFeatures

    extractor = ClassicalFeatures()
    first = 70_000 + PARTS.index(part) * 10_000
    cases = []
    for seed in range(first, first + min(limit or NUM_SCENES, NUM_SCENES)):
        scene = make_scene(seed)
        height, width = scene.depth.shape
        entry = {
            'id': seed,
            'file_name': f'{seed}.png',
            'height': height,
            'width': width,
        }
        rows = [
            {
                **instance_to_annotation(mask, 1.0),
                'image_id': seed,
                'category_id': 1,
                'iscrowd': 0,
            }
            for mask in scene.masks
        ]
        image = cv2.resize(scene.image, (SIDE, SIDE))
        if semantics == 'oracle':
            features = oracle_semantics(entry, rows)
        else:
            pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float()
            features = extractor(pixels)[0].numpy()
        cases.append(Case(entry, rows, image, features, scene.depth))
    return cases
