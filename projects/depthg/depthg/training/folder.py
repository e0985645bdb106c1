"""A user's own folder: train on it without labels, and segment it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import Runner, load_checkpoint
from torch.nn import functional

from mmcuts3d.files import list_images, read_image, shown
from mmcuts3d.registry import MODELS

from ..models import DepthG
from .neighbour_pairs import make_neighbours

#: Longest side on which the CRF runs; its result is enlarged.
CRF_SIDE = 640


@dataclass(frozen=True)
class Segmented:
    """One image and its clusters.

    Attributes:
        name (str): Of the file, below the folder.
        image (np.ndarray): (H, W, 3) uint8 RGB.
        clusters (np.ndarray): (H, W) int64.
    """

    name: str
    image: np.ndarray
    clusters: np.ndarray


def folder_config(
    config: Config,
    images: str | Path,
    out: str | Path,
    *,
    depth: str | Path | None = None,
    clusters: int = 8,
    steps: int | None = None,
    seed: int = 0,
) -> Config:
    """Point a config of a folder at one.

    Args:
        config (Config): Such as ``depthg_classical_folder.py``.
        images (str | Path): The images.
        out (str | Path): Of logs, weights and neighbours.
        depth (str | Path, optional): Depth files by the stem of the image,
            0 = nearest. Defaults to None: no guidance.
        clusters (int): To find. Defaults to 8.
        steps (int, optional): Of the training. Defaults to None: those of
            the config.
        seed (int): Of all that is drawn. Defaults to 0.

    Returns:
        Config: The same, changed.

    Raises:
        ValueError: If the folder has fewer than two images, or a number is
            out of range.
    """
    names = list_images(Path(images), False).images
    if len(names) < 2:
        raise ValueError(
            f'Expected {shown(images)} to hold two images at least, for '
            f'each is compared with others, but got {len(names)}'
        )
    if clusters < 2:
        raise ValueError(f'Expected at least 2 clusters, but got {clusters}')
    if steps is not None and steps < 1:
        raise ValueError(f'Expected at least 1 step, but got {steps}')
    out = Path(out)
    loader = config.train_dataloader
    folder = loader.dataset.dataset
    folder.data_root = str(Path(images).absolute())
    if depth is None:
        config.model.guidance = None
        config.model.loss.depth_term = None
    else:
        folder.data_prefix.depth_path = str(Path(depth).absolute())
    loader.dataset.neighbours = str(out / 'neighbours.npz')
    loader.batch_size = min(loader.batch_size, len(names))
    loader.sampler.seed = loader.dataset.seed = config.model.seed = seed
    config.randomness = dict(seed=seed)
    config.model.num_clusters = clusters
    if steps is not None:
        config.train_cfg.max_iters = config.train_cfg.val_interval = steps
    config.work_dir = str(out / 'training')
    config.log_level = 'ERROR'
    return config


def train_folder(config: Config) -> DepthG:
    """Train; what was stopped goes on, what is done is loaded.

    Args:
        config (Config): Of :func:`folder_config`.

    Returns:
        DepthG: In test mode.

    Raises:
        ValueError: If the folder holds a training of other settings.
    """
    work = Path(config.work_dir)
    told = json.loads(
        json.dumps(
            dict(
                model=config.model.to_dict(),
                images=config.train_dataloader.dataset.dataset.to_dict(),
                steps=config.train_cfg.max_iters,
            ),
            sort_keys=True,
            default=str,
        )
    )
    note = work / 'settings.json'
    if note.is_file() and json.loads(note.read_text('utf-8')) != told:
        raise ValueError(
            f'Expected {shown(work)} to be a training of these settings, but '
            'got one of others: delete it or name another --out'
        )
    make_neighbours(config)
    work.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(told, indent=1), 'utf-8')
    last = work / f'iter_{config.train_cfg.max_iters}.pth'
    if not last.is_file():
        config.resume = (work / 'last_checkpoint').is_file()
        Runner.from_cfg(config).train()
    model = MODELS.build(config.model)
    load_checkpoint(model, str(last), 'cpu', strict=True, logger='silent')
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    return model.to(device).eval()


def segment_images(
    model: DepthG,
    config: Config,
    tell: Callable[[int, int], None] | None = None,
) -> Iterator[Segmented]:
    """Segment all images of the folder, each at its own size.

    Args:
        model (DepthG): Trained.
        config (Config): Of :func:`folder_config`.
        tell (Callable, optional): Called with the number of images that are
            done, and of all. Defaults to None.

    Yields:
        Segmented: In the order of names.
    """
    dataset = config.train_dataloader.dataset.dataset
    root = Path(dataset.data_root)
    size = next(step['size'] for step in dataset.pipeline if 'size' in step)
    names = list_images(root, False).images
    device = next(model.parameters()).device
    for number, name in enumerate(names, 1):
        image = np.array(read_image(root / name))  # a copy, writable
        clusters = segment_image(model, image, size, device)
        if tell is not None:
            tell(number, len(names))
        yield Segmented(name, image, clusters)


def segment_image(
    model: DepthG, image: np.ndarray, size: int, device: torch.device
) -> np.ndarray:
    """Clusters of one image, seen at the scale of the training.

    Args:
        model (DepthG): Trained.
        image (np.ndarray): (H, W, 3) uint8 RGB.
        size (int): Shorter side in the training, pixels.
        device (torch.device): Of the model.

    Returns:
        np.ndarray: (H, W) int64.
    """
    height, width = image.shape[:2]
    scale = size / min(height, width)
    seen = _resized(image, scale)
    tensor = torch.from_numpy(seen).permute(2, 0, 1)[None].to(device).float()
    rule = model.prediction
    with torch.no_grad():
        log = model.cluster_probe.log_probabilities(rule.codes(model, tensor))
    shrunk = _resized(image, min(1.0, CRF_SIDE / max(height, width)))
    log = functional.interpolate(
        log, shrunk.shape[:2], mode='bilinear', align_corners=False
    ).log_softmax(1)
    pixels = torch.from_numpy(shrunk).permute(2, 0, 1)
    labels = rule.label_map(log[0], pixels).numpy()
    enlarged = cv2.resize(
        labels.astype(np.uint8),
        (width, height),
        interpolation=cv2.INTER_NEAREST_EXACT,
    )
    return enlarged.astype(np.int64)


def _resized(image: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return image
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, size, interpolation=mode)
