"""Descriptors of all images of a data set, and their neighbours.

What takes hours is kept as it goes: a run that was stopped goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from mmcuts3d.files import as_path, first_few, shown
from mmcuts3d.files.json_files import read_json
from mmcuts3d.files.whole_files import write_json

from .neighbour_file import Neighbours, digest_of
from .search import nearest_images

Pooling = Literal['mean', 'moments']
#: A mean whose length is below this share of that of the features is none.
_NEGLIGIBLE = 1e-4
Features = Callable[[Tensor, Sequence[Any]], Tensor]


def pool_features(features: Tensor, pooling: Pooling = 'mean') -> Tensor:
    """One descriptor of length 1 for each image.

    Args:
        features (Tensor): (B, C, h, w).
        pooling (str): ``'mean'`` over the places (STEGO); or ``'moments'``,
            mean and standard deviation, for features whose mean over an
            image is 0 by definition, such as ``ClassicalFeatures``. Defaults
            to 'mean'.

    Returns:
        Tensor: (B, C) or (B, 2 C) float32; zeros where it has no length.
    """
    flat = features.flatten(2).float()
    pooled = flat.mean(dim=2)
    size = flat.square().mean(dim=2).sum(dim=1, keepdim=True).sqrt()
    if pooling == 'moments':
        pooled = torch.cat([pooled, flat.std(dim=2, unbiased=False)], dim=1)
    length = pooled.norm(dim=1, keepdim=True)
    good = length > _NEGLIGIBLE * size
    return torch.where(good, pooled / length.clamp_min(1e-30), 0.0)


def find_neighbours(
    dataset: Any,
    features: Features,
    path: str | Path,
    number: int = 30,
    *,
    settings: Mapping[str, Any] | None = None,
    pooling: Pooling = 'mean',
    batch_size: int = 16,
    chunk: int = 1024,
    tell: Callable[[int, int], None] | None = None,
) -> Neighbours:
    """Find the nearest images of each image of a data set, and write them.

    Descriptors go to ``PATH.descriptors`` batch by batch and are read from
    there, so that memory holds a batch and two chunks of them. A run that
    was stopped goes on after the last batch that it finished; a file that is
    whole and of the same images and settings is read and nothing is done.

    Args:
        dataset (SegFolder): Gives ``inputs`` and ``data_samples``, without
            chance: an image is the same whenever it is asked for.
        features (Callable): Images (B, 3, H, W) and data samples to features
            (B, C, h, w).
        path (str | Path): The ``.npz`` to write.
        number (int): Neighbours of each image. Defaults to 30.
        settings (Mapping, optional): What the features are, such as their
            config: neighbours of other features are not taken for these.
            Defaults to None.
        pooling (str): See :func:`pool_features`. Defaults to 'mean'.
        batch_size (int): Images a batch. Defaults to 16.
        chunk (int): See :func:`nearest_images`. Defaults to 1024.
        tell (Callable, optional): Called with the number of images that are
            done, and of all. Defaults to None.

    Returns:
        Neighbours: What was written.

    Raises:
        ValueError: If there is one image only, features of an image have no
            length, or what stands there is of other images or settings.
    """
    path = as_path(path, 'path')
    if pooling not in get_args(Pooling):
        raise ValueError(
            f'Expected argument `pooling` to be one of {get_args(Pooling)}, '
            f'but got {pooling!r}'
        )
    names = image_ids(dataset)
    if len(names) < 2:
        raise ValueError(
            'Expected a data set of two images at least, for a neighbour is '
            f'another image, but got {first_few(names)} alone'
        )
    digest = digest_of(names, {**(settings or {}), 'pooling': pooling})
    if path.exists():
        found = Neighbours.read(path)
        enough = found.indices.shape[1] >= min(number, len(names) - 1)
        if found.digest == digest and enough:
            return found
        raise ValueError(
            f'Expected {shown(path)} not to be there, or to hold '
            f'{number} neighbours of these {len(names)} images by these '
            'features, but got others: delete it or name another file'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    store = _Store(path, digest, names)
    indices, cosines = nearest_images(
        store.filled(dataset, features, pooling, batch_size, tell),
        number,
        chunk,
    )
    found = Neighbours(indices, cosines, digest_of(names, {}), digest)
    found.write(path)
    store.remove()
    return found


def image_ids(dataset: Any) -> list[str]:
    """Ids of the images of a data set, in order.

    Args:
        dataset (BaseDataset): With ``img_id`` in the info of its images.

    Returns:
        list[str]: One for each image or crop.
    """
    return [
        str(dataset.get_data_info(index)['img_id'])
        for index in range(len(dataset))
    ]


class _Store:
    """Descriptors in a file beside the neighbours, and how many there are."""

    def __init__(self, path: Path, digest: str, names: list[str]) -> None:
        self.file = path.with_name(path.name + '.descriptors')
        self.note = path.with_name(path.name + '.progress.json')
        self.digest = digest
        self.names = names

    def filled(
        self,
        dataset: Any,
        features: Features,
        pooling: Pooling,
        batch_size: int,
        tell: Callable[[int, int], None] | None,
    ) -> np.ndarray:
        """(n, C) float32, mapped from the file, all computed."""
        done, channels = self._begun()
        total = len(self.names)
        mapped = None
        if done:
            mapped = self._mapped(channels, 'r+')
        for begin in range(done, total, batch_size):
            numbers = range(begin, min(begin + batch_size, total))
            batch = self._descriptors(dataset, features, pooling, numbers)
            if mapped is None:
                channels = batch.shape[1]
                mapped = self._mapped(channels, 'w+')
            elif batch.shape[1] != channels:
                raise ValueError(
                    f'Expected features of {channels} channels for '
                    f'{self.names[begin]}, as before, but got '
                    f'{batch.shape[1]}'
                )
            mapped[numbers.start : numbers.stop] = batch
            # On the disk first, and then it counts.
            mapped.flush()
            write_json(
                self.note,
                dict(digest=self.digest, done=numbers.stop, channels=channels),
            )
            if tell is not None:
                tell(numbers.stop, total)
        assert mapped is not None  # there are two images at least
        return mapped

    def remove(self) -> None:
        """Take both files away."""
        self.file.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def _begun(self) -> tuple[int, int]:
        """Images that are done, and the number of channels."""
        if not self.note.is_file():
            return 0, 0
        note = read_json(self.note)
        told = isinstance(note, dict) and all(
            isinstance(note.get(key), int) for key in ('done', 'channels')
        )
        if not told or note.get('digest') != self.digest:
            raise ValueError(
                f'Expected {shown(self.note)} to be of these '
                f'{len(self.names)} images and these features, but got '
                'others: delete it to begin again'
            )
        done, channels = int(note['done']), int(note['channels'])
        size = len(self.names) * channels * 4
        if not self.file.is_file() or self.file.stat().st_size != size:
            raise ValueError(
                f'Expected {shown(self.file)} to have {size:,} bytes, as '
                f'{shown(self.note)} says, but it has not: delete both to '
                'begin again'
            )
        return done, channels

    def _mapped(self, channels: int, mode: Literal['r+', 'w+']) -> np.memmap:
        shape = (len(self.names), channels)
        return np.memmap(self.file, np.float32, mode, shape=shape)

    def _descriptors(
        self,
        dataset: Any,
        features: Features,
        pooling: Pooling,
        numbers: range,
    ) -> np.ndarray:
        items = [dataset[number] for number in numbers]
        with torch.no_grad():
            maps = features(
                torch.stack([item['inputs'] for item in items]).float(),
                [item['data_samples'] for item in items],
            )
        batch = pool_features(maps, pooling).cpu().numpy()
        bad = np.flatnonzero(~np.isfinite(batch).all(1) | ~batch.any(1))
        if len(bad):
            raise ValueError(
                'Expected features whose descriptor has a length, but got '
                f'none for {self.names[numbers[bad[0]]]}: features whose mean '
                "over an image is 0 need pooling='moments'; an image of one "
                'colour may have none at all'
            )
        return batch
