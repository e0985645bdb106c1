"""Features per vertex that somebody else made, such as CSC's."""

import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from mmcuts3d.files import read_array
from mmcuts3d.registry import MODELS

from ..structures import Frame, Scene, Segments
from .segment_features import SegmentFeatures, check_segments, segment_means

SUFFIXES = ('.npz', '.npy', '.pth', '.pt')


@MODELS.register_module()
class FileFeatures:
    """Means of features that lie in a file, one row a vertex.

    The paper takes those of Contrastive Scene Contexts here (Sec. 4.2).

    Args:
        path (str | PathLike): A file, or a folder with a file a scene, of
            the scene's name: ``NAME.npz``, ``.npy``, ``.pth`` or ``.pt``.
        key (str): Name of the array in a file that holds several. Defaults
            to 'features'.
        modality (str): Of what the features were made: '3d' or '2d'.
            Defaults to '3d'.

    Raises:
        ValueError: If ``modality`` is neither.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        key: str = 'features',
        modality: Literal['2d', '3d'] = '3d',
    ) -> None:
        if modality not in ('2d', '3d'):
            raise ValueError(
                "Expected argument `modality` to be '2d' or '3d', but got "
                f'{modality!r}.'
            )
        self.path = Path(path)
        self.key = key
        self.modality = modality

    def __call__(
        self,
        scene: Scene,
        segments: Segments,
        frames: Sequence[Frame] = (),
    ) -> SegmentFeatures:
        """Means over the vertices of each segment.

        Args:
            scene (Scene): n vertices.
            segments (Segments): Of the scene.
            frames (Sequence[Frame]): Not looked at. Defaults to none.

        Returns:
            SegmentFeatures: All seen.

        Raises:
            ValueError: If there is no file of the scene, it cannot be read,
                is not of shape (n, C), or holds NaN; names the file.
        """
        check_segments(scene, segments)
        path = self._file_of(scene)
        values = _read(path, self.key)
        if values.ndim != 2 or len(values) != len(scene):
            raise ValueError(
                f'{path}: expected features of shape ({len(scene)}, C), a '
                f'row for each vertex of {scene.name}, but got '
                f'{values.shape}.'
            )
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            raise ValueError(
                f'{path}: expected finite features, but got NaN or infinite '
                f'ones for {len(bad)} of {len(values)} vertices, the first '
                f'is vertex {bad[0]}.'
            )
        means = segment_means(values, segments).astype(np.float32)
        return SegmentFeatures(means, np.ones(len(means), bool))

    def _file_of(self, scene: Scene) -> Path:
        if not self.path.is_dir():
            return self.path
        names = [f'{scene.name}{suffix}' for suffix in SUFFIXES]
        for name in names:
            if (self.path / name).is_file():
                return self.path / name
        raise ValueError(
            f'{self.path}: expected a file of features of {scene.name}, one '
            f'of {", ".join(names)}, but got none.'
        )


def _read(path: Path, key: str) -> np.ndarray:
    if path.suffix not in ('.pth', '.pt'):
        return read_array(path, key, 'features of vertices')
    try:
        found = torch.load(path, 'cpu', weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(
            f'{path}: expected a tensor of features that torch.load reads '
            f'with weights_only=True, but got: {str(error).splitlines()[0]}'
        ) from error
    if isinstance(found, dict):
        if key not in found:
            raise ValueError(
                f'{path}: expected the key {key!r}, but got '
                f'{list(map(str, found))[:8]}.'
            )
        found = found[key]
    if not isinstance(found, torch.Tensor):
        raise ValueError(
            f'{path}: expected a tensor of features, but got '
            f'{type(found).__name__}.'
        )
    return found.float().numpy()
