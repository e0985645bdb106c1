"""Small folders of images with label maps and depth."""

import json

import numpy as np
from PIL import Image

CLASSES = ('sky', 'wall', 'floor')


def write_folder(root, number=4, size=(40, 56), labels=True, depth=True):
    """images/, labels/ and depth/ of regions that are seen in all three."""
    for name in ('images', 'labels', 'depth'):
        (root / name).mkdir(parents=True, exist_ok=True)
    truth = {}
    for index in range(number):
        rng = np.random.default_rng(index)
        rows, columns = np.indices(size)
        border = size[0] // 3 + columns * (index + 1) // 20
        classes = np.where(rows < border, 0, np.where(rows < 28, 1, 2))
        colours = np.array([[90, 140, 240], [200, 180, 150], [90, 60, 30]])
        image = colours[classes] + rng.integers(-8, 8, (*size, 3))
        image = image.clip(0, 255).astype(np.uint8)
        far = (65535 * (1 - rows / size[0])).astype(np.uint16)
        name = f'{index:03d}.png'
        Image.fromarray(image).save(root / 'images' / name)
        if labels:
            shown = classes.astype(np.uint8)
            shown[0, 0] = 255
            Image.fromarray(shown).save(root / 'labels' / name)
        if depth:
            Image.fromarray(far).save(root / 'depth' / name)
        truth[index] = image, classes, far / 65535
    (root / 'classes.json').write_text(json.dumps(dict(classes=CLASSES)))
    return truth


def folder_config(root, size=32, **more):
    """Config of a SegFolder with a pipeline that packs."""
    return dict(
        type='mmcuts3d.SegFolder',
        data_root=str(root),
        data_prefix=dict(
            img_path='images', seg_map_path='labels', depth_path='depth'
        ),
        pipeline=[
            dict(type='mmcuts3d.LoadImage'),
            dict(type='mmcuts3d.LoadMaps'),
            dict(type='mmcuts3d.TakeCrop'),
            dict(type='mmcuts3d.ResizeCentreCrop', size=size),
            dict(type='mmcuts3d.PackSegInputs'),
        ],
        **more,
    )
