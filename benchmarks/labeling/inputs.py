"""Images with features and depth, as the benchmarks of labeling run them.

A folder holds images/NAME.jpg, features_mobilenetv2/NAME.npz and
depth_pydnetpp/NAME.png of equal names.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import zoom

SIDE = 480


@dataclass
class Input:
    """One input of a method.

    Attributes:
        name: Of the file, without its ending.
        image: (480, 480, 3) uint8 RGB.
        features: (C, h, w) float32.
        depth: (H, W) float in [0, 1], 0 = nearest.
    """

    name: str
    image: np.ndarray
    features: np.ndarray
    depth: np.ndarray


def names_of(folder: Path, number: int) -> list[str]:
    """Names of the first images of a folder."""
    names = sorted(path.stem for path in (folder / 'images').glob('*.jpg'))
    if not names:
        raise SystemExit(f'--data: no images/*.jpg in {folder}')
    return names[:number]


def load(folder: Path, name: str, grid: int | None = None) -> Input:
    """An image, its features brought to (grid, grid) if that is given."""
    with Image.open(folder / 'images' / f'{name}.jpg') as opened:
        resized = opened.convert('RGB').resize((SIDE, SIDE), Image.LANCZOS)
        image = np.array(resized)
    with np.load(folder / 'features_mobilenetv2' / f'{name}.npz') as stored:
        features = stored['features'] * np.float32(stored['scale'])
    if grid is not None and features.shape[1:] != (grid, grid):
        factors = (1, grid / features.shape[1], grid / features.shape[2])
        features = zoom(
            features, factors, order=1, grid_mode=True, mode='nearest'
        )
    with Image.open(folder / 'depth_pydnetpp' / f'{name}.png') as opened:
        depth = np.asarray(opened) / 65535
    return Input(name, image, features, depth)


def pydensecrf(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """MaskCut's CRF of a mask by pydensecrf: 10 iterations, two labels."""
    from pydensecrf.densecrf import DenseCRF2D

    height, width = mask.shape
    logits = np.stack([1.0 - mask, mask]).reshape(2, -1)
    unary = np.logaddexp(logits[0], logits[1])[None] - logits
    crf = DenseCRF2D(width, height, 2)
    crf.setUnaryEnergy(np.ascontiguousarray(unary, np.float32))
    crf.addPairwiseGaussian(sxy=3, compat=7)
    crf.addPairwiseBilateral(sxy=50, srgb=5, rgbim=image, compat=10)
    marginals = np.asarray(crf.inference(10))
    return (marginals[1] > marginals[0]).reshape(height, width)
