"""The masks of one feature source on all images, noted image by image."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmdet.structures import DetDataSample
from torch import nn

from mmcuts3d.cuts import resize_nearest
from mmcuts3d.engine.executors.progress import LabelingProgress
from mmcuts3d.engine.labeling.fingerprint import labeling_fingerprint
from mmcuts3d.files import shown
from mmcuts3d.labels import instance_to_annotation
from mmcuts3d.labels.journal import Journal, read_journal

from ..backbones import Source
from ..clustering import KS, SpectralMasks, spectral_masks
from .images import StudyImage, StudyImages


@dataclass
class SourceMasks:
    """What came of one source.

    Args:
        source (Source): The source.
        predictions (list[dict]): Of all images, as COCO's, with ``k``, the
            number of clusters that each mask is of; scores are 1.
        failed (dict[str, str]): Why images have none, by file name.
        num_flat (int): Images whose features have no structure.
    """

    source: Source
    predictions: list[dict[str, Any]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    num_flat: int = 0


@dataclass
class MaskJob:
    """Clusters all images by one source after the other.

    Args:
        images (StudyImages): The images.
        ks (Sequence[int]): See :func:`spectral_masks`. Defaults to 2 to 6.
        split (bool): See there. Defaults to True.
        seed (int): See there. Defaults to 0.
        tau (float, optional): See there. Defaults to None.
        device (str): Where networks run. Defaults to 'cpu'.
    """

    images: StudyImages
    ks: Sequence[int] = KS
    split: bool = True
    seed: int = 0
    tau: float | None = None
    device: str = 'cpu'
    _built: tuple[Source, nn.Module] | None = field(
        default=None, init=False, repr=False
    )

    def __call__(
        self, source: Source, out: str | Path | None = None
    ) -> SourceMasks:
        """The masks of a source.

        Args:
            source (Source): The source.
            out (str or Path, optional): A folder where each image is noted
                when it is done; a call that was stopped goes on from there.
                Defaults to None: nothing is noted.

        Raises:
            ValueError: If the source cannot be built, or no image has masks;
                also what :meth:`Source.build` raises.
        """
        notes = self._notes(source, out)
        left = [image for image in self.images if image.name not in notes]
        if left:
            self._cluster(source, left, notes)
        result = SourceMasks(source)
        for image in self.images:
            entry = notes[image.name]
            if 'error' in entry:
                result.failed[image.name] = entry['error']
                continue
            result.num_flat += not entry['masks']
            result.predictions += [
                {**mask, 'image_id': image.id} for mask in entry['masks']
            ]
        if len(result.failed) == len(self.images):
            name, reason = next(iter(result.failed.items()))
            raise ValueError(
                f'no image has masks, the first, {shown(name)}: {reason}'
            )
        return result

    def clusters(self, source: Source, image: StudyImage) -> SpectralMasks:
        """The clusters of one image.

        Args:
            source (Source): The source.
            image (StudyImage): The image.

        Raises:
            ValueError: If the image cannot be read or has no features; also
                what :meth:`Source.build` raises.
        """
        return self._clusters(source, image, image.read())

    def _clusters(
        self, source: Source, image: StudyImage, pixels: np.ndarray
    ) -> SpectralMasks:
        if source.side:
            size = (source.side, source.side)
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        batch = torch.from_numpy(
            np.ascontiguousarray(pixels.transpose(2, 0, 1))
        )[None]
        sample = DetDataSample(metainfo={'img_path': str(image.path)})
        network = self._network(source)
        with torch.no_grad():
            features = network(batch.to(self.device), [sample])
        return spectral_masks(
            features[0].cpu().numpy(), self.ks, self.split, self.seed, self.tau
        )

    def _network(self, source: Source) -> nn.Module:
        """The network of a source; the last one is kept."""
        if self._built is None or self._built[0] is not source:
            self._built = None  # two may not fit in memory
            self._built = (source, source.build().to(self.device))
        return self._built[1]

    def _cluster(
        self,
        source: Source,
        images: Sequence[StudyImage],
        notes: '_Notes',
    ) -> None:
        self._network(source)  # what is wrong with it is of no one image
        with LabelingProgress(len(images), doing='clustering') as progress:
            for image in images:
                try:
                    pixels = image.read()
                    found = self._clusters(source, image, pixels)
                except ValueError as error:
                    notes.append(image.name, {'error': str(error)})
                else:
                    masks = _annotations(found, pixels.shape[:2])
                    notes.append(image.name, {'masks': masks})
                progress.update(1)

    def _notes(self, source: Source, out: str | Path | None) -> '_Notes':
        settings = [list(self.ks), self.split, self.seed, self.tau]
        fingerprint = labeling_fingerprint(
            source.config, source.side, settings
        )
        if out is None:
            return _Notes(None, fingerprint)
        return _Notes(Path(out) / f'masks-{fingerprint}.jsonl', fingerprint)


class _Notes(dict):
    """Entries by file name; also in a journal, if there is one."""

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        super().__init__()
        self._journal = None
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f'Expected {shown(path.parent)} to be a folder that can be '
                f'written, but got {error}.'
            ) from error
        self._journal = Journal(path, fingerprint, sync_seconds=5.0)
        for entry in read_journal(path, fingerprint):
            self[entry.pop('name')] = entry

    def append(self, name: str, entry: dict[str, Any]) -> None:
        """Note what came of an image."""
        self[name] = entry
        if self._journal is not None:
            self._journal.append({'name': name, **entry})


def _annotations(
    found: SpectralMasks, shape: tuple[int, int]
) -> list[dict[str, Any]]:
    """Masks of patches as annotations of an image (H, W).

    A patch that has no pixel, in an image smaller than the grid, is no mask.
    """
    rows = []
    for mask, k in zip(found.masks, found.ks, strict=True):
        pixels = resize_nearest(mask, shape)
        if pixels.any():
            rows.append({**instance_to_annotation(pixels, 1.0), 'k': int(k)})
    return rows
