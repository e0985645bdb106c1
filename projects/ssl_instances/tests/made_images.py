"""A folder of made images with feature maps and true instances."""

import json

import numpy as np
from PIL import Image

SHAPE = (48, 60)
GRID = (12, 15)
#: Boxes of two squares of one class, and of one of another, in patches.
BOXES = (
    ((2, 1, 6, 5), 1),
    ((2, 9, 6, 13), 1),
    ((8, 4, 11, 11), 2),
)


def make_images(folder, number=3, noise=0.05):
    """`images`, `maps` and `instances.json` below a folder."""
    (folder / 'images').mkdir(parents=True)
    (folder / 'maps').mkdir()
    images, annotations = [], []
    for index in range(number):
        rng = np.random.default_rng(index)
        kinds = np.zeros(GRID, int)
        for (top, left, bottom, right), kind in BOXES:
            kinds[top:bottom, left:right] = kind
            annotations.append(
                {
                    'id': len(annotations) + 1,
                    'image_id': index + 7,
                    'category_id': kind,
                    'bbox': [
                        4 * left,
                        4 * top,
                        4 * (right - left),
                        4 * (bottom - top),
                    ],
                    'area': 16 * (right - left) * (bottom - top),
                    'iscrowd': 0,
                    'segmentation': [
                        [
                            *(4 * left, 4 * top),
                            *(4 * right, 4 * top),
                            *(4 * right, 4 * bottom),
                            *(4 * left, 4 * bottom),
                        ]
                    ],
                }
            )
        features = np.eye(4)[kinds].transpose(2, 0, 1)
        features = features + noise * rng.normal(size=features.shape)
        np.savez(
            folder / 'maps' / f'{index}.npz',
            features=features.astype(np.float32),
        )
        colours = np.array([[40, 60, 40], [220, 60, 50], [60, 80, 230]])
        pixels = colours[kinds].repeat(4, 0).repeat(4, 1)
        pixels = pixels + rng.integers(-8, 9, pixels.shape)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
            folder / 'images' / f'{index}.png'
        )
        images.append(
            {
                'id': index + 7,
                'file_name': f'{index}.png',
                'height': SHAPE[0],
                'width': SHAPE[1],
            }
        )
    content = {
        'images': images,
        'annotations': annotations,
        'categories': [
            {'id': 1, 'name': 'square'},
            {'id': 2, 'name': 'bar'},
        ],
    }
    (folder / 'instances.json').write_text(json.dumps(content))
    return folder
