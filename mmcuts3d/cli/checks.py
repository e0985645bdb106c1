"""The findings of ``doctor``, each with the command that mends it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mmcuts3d.version import __version__

State = Literal['ok', 'absent', 'broken']

#: Distributions of the two families, by the module that both import as.
FAMILIES = {
    'mmengine': 'onedl-mmengine',
    'mmcv': 'onedl-mmcv',
    'mmdet': 'onedl-mmdetection',
    'mmpretrain': 'onedl-mmpretrain',
}
#: Modules that serve one component each: what for, and how to get them.
OPTIONAL = {
    'transformers': 'ZoeDepth, DPT, Depth Anything; DINOv2, DINOv3',
    'diffusers': 'depth by Marigold',
    'pyarrow': 'Parquet label stores (--store parquet)',
    'ray': 'labeling on several machines (--launcher ray)',
    'faster_coco_eval': 'COCO evaluation in C++',
    'OpenEXR': 'depth from EXR files',
    'supervision': 'mmcuts3d.exports.to_detections',
    'plotly': 'clouds in reports, view_cuts.py --web',
    'rerun': 'view_cuts.py --rrd',
}
#: What pip calls a module that is imported by another name.
DISTRIBUTIONS = {'PIL': 'pillow', 'yaml': 'pyyaml', 'rerun': 'rerun-sdk'}
#: What the package imports itself, without OpenMMLab and torch.
NEEDED = ('numpy', 'scipy', 'numba', 'pycocotools', 'PIL', 'matplotlib')
NEEDED += ('rich', 'yaml')
#: Models of the hub that configs name.
HUB = {
    'ZoeDepth': 'Intel/zoedepth-nyu-kitti',
    'DINOv2 ViT-B/14': 'facebook/dinov2-with-registers-base',
    'DINOv3 ViT-B/16': 'facebook/dinov3-vitb16-pretrain-lvd1689m',
}


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        topic (str): The group it stands in.
        name (str): What was looked at.
        state (str): 'ok'; 'absent', not needed by all; 'broken', needed.
        found (str): Version, place or reason.
        remedy (tuple[str, ...]): Lines: what it is for, what mends it.
    """

    topic: str
    name: str
    state: State
    found: str
    remedy: tuple[str, ...] = ()


def all_checks() -> list[Check]:
    """Every finding, in the order of the topics."""
    parts: list[Callable[[], Iterator[Check]]] = [
        basics,
        openmmlab,
        cutting,
        pictures,
        optional,
        weights,
    ]
    return [check for part in parts for check in part()]


def basics() -> Iterator[Check]:
    """Python, torch, the device."""
    topic = 'Basics'
    folder = Path(__file__).resolve().parents[1]
    yield Check(topic, 'mmcuts3d', 'ok', f'{__version__} in {folder}')
    version = platform.python_version()
    fits = (3, 10) <= sys.version_info[:2] <= (3, 13)
    yield Check(
        topic,
        'Python',
        'ok' if fits else 'broken',
        version,
        () if fits else ('3.10 to 3.13 are supported',),
    )
    for name in NEEDED:
        yield module(topic, name, needed=True)
    torch = module(topic, 'torch', needed=True)
    yield torch
    if torch.state == 'ok':
        import torch as loaded

        cuda = loaded.cuda.is_available()
        yield Check(
            topic,
            'GPU',
            'ok' if cuda else 'absent',
            loaded.cuda.get_device_name(0)
            if cuda
            else f'none: all runs on the CPU, {os.cpu_count()} cores',
        )


def module(
    topic: str, name: str, needed: bool = False, what: str = ''
) -> Check:
    """A module that is imported, or why it is not."""
    command = f'pip install {DISTRIBUTIONS.get(name, name)}'
    remedy = (f'{what}: {command}' if what else command,)
    try:
        found = importlib.import_module(name)
    except Exception as error:  # packages fail in every way at their import
        missing = isinstance(error, ModuleNotFoundError) and error.name == name
        reason = 'not installed' if missing else f'import fails: {error}'
        state: State = 'broken' if needed or not missing else 'absent'
        return Check(topic, name, state, reason.splitlines()[0], remedy)
    version = getattr(found, '__version__', None) or 'installed'
    return Check(topic, name, 'ok', str(version))


def installed(name: str) -> str | None:
    """Version of a distribution, None if it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def openmmlab() -> Iterator[Check]:
    """One of two families, whole, with compiled operators."""
    topic = 'OpenMMLab'
    onedl = {n: installed(d) for n, d in FAMILIES.items()}
    upstream = {n: installed(n) for n in FAMILIES}
    both = [n for n in FAMILIES if onedl[n] and upstream[n]]
    families = [
        name
        for name, found in (('onedl', onedl), ('upstream', upstream))
        if any(found.values())
    ]
    remedy = (
        'one family only, in a fresh environment: make setup, or',
        'MMFAMILY=upstream make setup',
    )
    mixed = bool(both) or len(families) > 1
    yield Check(
        topic,
        'family',
        'broken' if mixed or not families else 'ok',
        (f'both: {", ".join(both)}' if both else ' and '.join(families))
        or 'none installed: only mmcuts3d.cuts and labels can be used',
        remedy if mixed or not families else (),
    )
    if not families:
        return
    from mmcuts3d._openmmlab import prepare

    try:
        prepare()
    except ImportError as error:
        lines = str(error).splitlines()
        yield Check(topic, 'packages', 'broken', lines[0], tuple(lines[1:]))
        return
    for name in FAMILIES:
        yield module(topic, name, needed=name != 'mmpretrain')
    yield Check(topic, 'operators of mmcv', 'ok', 'compiled')


def cutting() -> Iterator[Check]:
    """A cut, which compiles numba's kernels where they are not cached."""
    import numpy as np

    from mmcuts3d.cuts import CutS3D

    features = np.zeros((4, 12, 12), np.float32)
    features[0], features[1, 3:9, 3:9] = 1, 1
    features[0, 3:9, 3:9] = 0
    depth = np.ones((12, 12), np.float32)
    depth[3:9, 3:9] = 0.2
    image = np.zeros((48, 48, 3), np.uint8)
    image[12:36, 12:36] = 200
    try:
        found = CutS3D()(image, features, depth)
    except Exception as error:  # whatever: the finding is that it fails
        yield Check('Cut', 'CutS3D', 'broken', f'fails: {error}')
        return
    state: State = 'ok' if len(found) else 'broken'
    yield Check('Cut', 'CutS3D', state, f'{len(found)} mask of a square')


def pictures() -> Iterator[Check]:
    """Open3D, off-screen rendering, a window."""
    import tempfile

    topic = 'Pictures'
    found = module(topic, 'open3d', what='viewer and point clouds')
    if found.state != 'ok':
        yield Check(
            topic,
            'Open3D',
            'absent',
            found.found,
            (
                'viewer and pictures of point clouds: pip install open3d-cpu',
                '(Linux, x86), else open3d; libusb-1.0-0 and libgl1 by apt',
            ),
        )
        return
    yield Check(topic, 'Open3D', 'ok', found.found)
    import numpy as np

    from mmcuts3d.visualization import build_point_cloud, render_png

    depth = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    cloud = build_point_cloud(np.zeros((8, 8, 3), np.uint8), depth)
    reason = ''
    with tempfile.TemporaryDirectory() as folder:
        try:  # in a process of its own, which a missing driver may kill
            render_png(cloud, Path(folder) / 'cloud.png')
        except (OSError, RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
    yield Check(
        topic,
        'off-screen rendering',
        'absent' if reason else 'ok',
        reason or 'works',
        ('pictures of point clouds are left out',) if reason else (),
    )
    from mmcuts3d.visualization.display import display_problem

    problem = display_problem()
    yield Check(
        topic,
        'window',
        'absent' if problem else 'ok',
        problem or 'can be opened',
        ('--show opens none; pictures are written',) if problem else (),
    )


def optional() -> Iterator[Check]:
    """Packages that one component each needs."""
    for name, what in OPTIONAL.items():
        yield module('Optional', name, what=what)


def weights() -> Iterator[Check]:
    """Weights that lie here already; the others come at first use."""
    topic = 'Weights'
    try:
        from mmcuts3d.models.features import OFFICIAL_WEIGHTS
        from mmcuts3d.models.features.weights import weights_folder
    except ImportError:
        return
    folder = weights_folder()
    found = [
        name
        for name, one in OFFICIAL_WEIGHTS.items()
        if (folder / one.file_name).is_file()
    ]
    yield Check(
        topic,
        'DINO, MAE, DiffNCuts',
        'ok' if found else 'absent',
        f'{", ".join(found) or "none"} in {folder}',
        ()
        if found
        else ('downloaded at first use; MMCUTS3D_HOME chooses a folder',),
    )
    for name, model in HUB.items():
        there = in_hub_cache(model)
        yield Check(
            topic,
            name,
            'ok' if there else 'absent',
            there or 'not here yet; downloaded at first use, or by',
            () if there else (f'hf download {model}',),
        )


def in_hub_cache(name: str) -> str:
    """Where the hub keeps a model on this machine; '' if it does not."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return ''
    found = try_to_load_from_cache(name, 'config.json')
    return str(Path(found).parent) if isinstance(found, str) else ''
