"""A folder that was labeled, with names of files that mean harm."""

import importlib.util

import cv2
import numpy as np

from helpers import ROOT
from mmcuts3d.datasets.rgbd_scenes import make_scene

#: A tag, an end of a script, quotes, what turns text around, a line break.
HOSTILE = [
    '<img src=x onerror=alert(1)>.png',
    '<!--</script><script>alert(2)<!--.png',
    '\'"onload=alert(3) \u202egnp\x1b[31m.png',
    'one\ntwo & &lt;b&gt; **three**.png',
]
BROKEN = 'no image <svg onload=alert(4)>.png'
SIZE = (96, 128)
CONFIG = str(ROOT / 'configs' / 'cuts3d' / 'cuts3d_classical_image-folder.py')


def tool_of(path):
    """A command of the repository, as a module."""
    spec = importlib.util.spec_from_file_location(
        f'tool_{path.stem}', ROOT / path
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_scenes(folder):
    """Four scenes, their depth, and a file that is no image."""
    for kind in ('images', 'depth'):
        (folder / kind).mkdir(parents=True)
    for seed, name in enumerate(HOSTILE):
        scene = make_scene(seed, SIZE)
        depth = (scene.depth * 65535).round().astype(np.uint16)
        for kind, pixels in (
            ('images', scene.image[..., ::-1]),
            ('depth', depth),
        ):
            path = folder / kind / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(cv2.imencode('.png', pixels)[1].tobytes())
    (folder / 'images' / BROKEN).write_bytes(b'no image')
    return folder


def words_of(folder, out='out', *more):
    """Arguments of the command that labels these scenes."""
    return [
        *(CONFIG, '--images', str(folder / 'images'), '--recursive'),
        *('--out', str(folder / out), '--device', 'cpu', *more),
        *('--cfg-options', f'model.depth.root={folder / "depth"}'),
        'test_dataloader.num_workers=0',
        'test_dataloader.persistent_workers=False',
    ]
