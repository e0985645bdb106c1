"""The file of the nearest images of a data set."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.files import read_array, shown
from mmcuts3d.files.whole_files import whole_file


def digest_of(names: Sequence[str], settings: Mapping[str, Any]) -> str:
    """What the neighbours depend on, as one short text.

    Args:
        names (Sequence[str]): Ids of the images, in order.
        settings (Mapping): Of features and descriptors.

    Returns:
        str: 32 hexadecimal digits.
    """
    text = json.dumps(
        [list(names), dict(settings)], sort_keys=True, default=str
    )
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Neighbours:
    """The nearest images of each image.

    Attributes:
        indices (np.ndarray): (n, k) int64, the nearest first.
        cosines (np.ndarray): (n, k) float64.
        images (str): Digest of the ids of the images.
        digest (str): The same with the settings of features.
    """

    indices: np.ndarray
    cosines: np.ndarray
    images: str
    digest: str

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write it, whole or not at all.

        Args:
            path (str | PathLike): An ``.npz`` file.

        Returns:
            Path: The file.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            np.savez(
                file,
                indices=self.indices.astype(np.int32),
                cosines=self.cosines.astype(np.float32),
                images=_as_bytes(self.images),
                digest=_as_bytes(self.digest),
            )
        return path

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> 'Neighbours':
        """Read what :meth:`write` wrote.

        Args:
            path (str | PathLike): The file.

        Returns:
            Neighbours: Its content.

        Raises:
            ValueError: If it is missing, damaged, or no such file; names it.
        """
        what = 'a file of neighbours'
        fields = {
            key: read_array(path, key, what, allow_only=False)
            for key in ('indices', 'cosines', 'images', 'digest')
        }
        indices = fields['indices']
        fits = (
            indices.ndim == 2
            and indices.shape == fields['cosines'].shape
            and indices.dtype.kind == 'i'
            and min(indices.shape) >= 1
            and indices.min() >= 0
            and indices.max() < len(indices)
        )
        if not fits:
            raise ValueError(
                f'Expected {shown(path)} to be {what}, indices (n, k) from 0 '
                f'to n - 1, but got shape {indices.shape} of '
                f'{indices.dtype}'
            )
        return cls(
            indices.astype(np.int64),
            fields['cosines'].astype(np.float64),
            bytes(fields['images'].astype(np.uint8)).decode(
                'ascii', 'replace'
            ),
            bytes(fields['digest'].astype(np.uint8)).decode(
                'ascii', 'replace'
            ),
        )


def _as_bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode('ascii'), np.uint8)


def _as_text(values: np.ndarray) -> str:
    return bytes(values.astype(np.uint8)).decode('ascii', 'replace')
