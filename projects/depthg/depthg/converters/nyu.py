"""NYUv2: indoor images with depth, in 40 or 13 classes (ECCV 2012).

The 894 names of the data set are joined to 40 by Gupta et al. (CVPR 2013),
and these to the 13 of Couprie et al. (ICLR 2013), as SceneNet joins them.
Which of them DepthG measures is not printed.
"""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.io import loadmat

from mmcuts3d.files import shown

from ..data import ClassList
from .writing import SetWriter, map_values

Number = Literal[13, 40]
#: The 13 classes; class 0 of the original is none.
CLASSES_13 = ClassList(
    (
        *('bed', 'books', 'ceiling', 'chair', 'floor', 'furniture'),
        *('objects', 'picture', 'sofa', 'table', 'tv', 'wall', 'window'),
    )
)
#: The 40 classes, and what each is among the 13.
FORTY: dict[str, str] = {
    'wall': 'wall',
    'floor': 'floor',
    'cabinet': 'furniture',
    'bed': 'bed',
    'chair': 'chair',
    'sofa': 'sofa',
    'table': 'table',
    'door': 'wall',
    'window': 'window',
    'bookshelf': 'furniture',
    'picture': 'picture',
    'counter': 'furniture',
    'blinds': 'window',
    'desk': 'table',
    'shelves': 'furniture',
    'curtain': 'window',
    'dresser': 'furniture',
    'pillow': 'objects',
    'mirror': 'objects',
    'floor mat': 'floor',
    'clothes': 'objects',
    'ceiling': 'ceiling',
    'books': 'books',
    'refrigerator': 'furniture',
    'television': 'tv',
    'paper': 'objects',
    'towel': 'objects',
    'shower curtain': 'objects',
    'box': 'objects',
    'whiteboard': 'objects',
    'person': 'objects',
    'night stand': 'furniture',
    'toilet': 'objects',
    'sink': 'objects',
    'lamp': 'objects',
    'bathtub': 'objects',
    'bag': 'objects',
    'other structure': 'objects',
    'other furniture': 'furniture',
    'other prop': 'objects',
}
CLASSES_40 = ClassList(tuple(FORTY))
DATA = 'nyu_depth_v2_labeled.mat'
MAPPING, SPLITS = 'classMapping40.mat', 'splits.mat'
_SPLITS = {'train': 'trainNdxs', 'val': 'testNdxs'}


def class_table(to_forty: np.ndarray, number: Number = 13) -> np.ndarray:
    """Label of the data set to class.

    Args:
        to_forty (np.ndarray): (894,) from 1 to 40, of label 1 on.
        number (int): 13 or 40. Defaults to 13.

    Returns:
        np.ndarray: (895,) int64, 255 for label 0.
    """
    forty = np.asarray(to_forty, np.int64).ravel() - 1
    if number == 13:
        names = CLASSES_13.names
        joined = np.array([names.index(name) for name in FORTY.values()])
        forty = joined[forty]
    return np.concatenate([[255], forty])


def convert_nyu(
    source: Path, target: Path, number: Number = 13
) -> dict[str, int]:
    """Convert the labelled images of NYUv2, with the depth of the sensor.

    Args:
        source (Path): With ``nyu_depth_v2_labeled.mat``, ``splits.mat``
            (training and test, of the authors' toolbox) and
            ``classMapping40.mat`` (Gupta et al.).
        target (Path): DST.
        number (int): 13 or 40 classes. Defaults to 13.

    Returns:
        dict[str, int]: Images of each split.

    Raises:
        ValueError: If something is missing or broken; names it.
        ImportError: If h5py is missing.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            f'{DATA} needs h5py: `pip install h5py`. The import said: {error}'
        ) from error

    to_forty = _read_mat(source / MAPPING, 'mapClass').ravel()
    fits = to_forty.size and 1 <= to_forty.min() <= to_forty.max() <= 40
    if not fits:
        raise ValueError(
            f"Expected 'mapClass' of {shown(source / MAPPING)} to hold "
            f'classes from 1 to 40, but got shape {to_forty.shape}'
        )
    table = class_table(to_forty, number)
    splits = {
        split: _read_mat(source / SPLITS, key).ravel().astype(int) - 1
        for split, key in _SPLITS.items()
    }
    writer = SetWriter(target, CLASSES_13 if number == 13 else CLASSES_40)
    path = source / DATA
    if not path.is_file():
        raise ValueError(f'Expected {shown(path)}, but got no such file')
    try:
        with h5py.File(path) as file:
            arrays = {key: file[key] for key in ('images', 'depths', 'labels')}
            _write(writer, arrays, splits, table, path)
    except (OSError, KeyError) as error:
        raise ValueError(
            f'Expected {shown(path)} to be the file of NYUv2 with images, '
            f'depths and labels, but got: {shown(error)}'
        ) from error
    return writer.finish()


def _write(
    writer: SetWriter,
    arrays: dict[str, Any],
    splits: dict[str, np.ndarray],
    table: np.ndarray,
    path: Path,
) -> None:
    """MATLAB's axes come in reverse: (n, 3, W, H) and (n, W, H)."""
    number = len(arrays['images'])
    for split, indices in splits.items():
        for index in indices.tolist():
            if not 0 <= index < number:
                raise ValueError(
                    f'Expected {SPLITS} to name images from 1 to {number} of '
                    f'{shown(path)}, but got {index + 1}'
                )
            name = f'{index + 1:04d}'
            where = f'image {index + 1} of {path}'
            writer.add(
                split,
                name,
                np.transpose(arrays['images'][index], (2, 1, 0)),
                map_values(arrays['labels'][index].T, table, where),
                np.asarray(arrays['depths'][index].T, np.float32),
                where,
            )


def _read_mat(path: Path, key: str) -> np.ndarray:
    if not path.is_file():
        raise ValueError(f'Expected {shown(path)}, but got no such file')
    try:
        return np.asarray(loadmat(path)[key])
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        raise ValueError(
            f'Expected {shown(path)} to be a MATLAB file with {key!r}, but '
            f'got: {shown(error)}'
        ) from error
