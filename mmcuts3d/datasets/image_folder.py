"""A folder of images without labels: what a labeler runs over."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from mmdet.datasets import BaseDetDataset
from mmdet.structures import DetDataSample
from mmengine.fileio import get_local_path
from mmengine.logging import print_log

from mmcuts3d.files import IMAGE_SUFFIXES, as_path, list_images, shown
from mmcuts3d.labels.coco import read_coco
from mmcuts3d.registry import DATASETS


@DATASETS.register_module()
class ImageFolder(BaseDetDataset):
    """The images of a folder, sorted by path.

    Without ``ann_file`` the folder is listed, and ids count from 1 in the
    sorted list. What is passed over is counted and named in one warning:
    files with other endings, hidden ones, broken links, images in
    sub-folders. With ``ann_file`` only the images that it lists are taken,
    with their ids; its annotations are not read. It is JSON whatever its
    name says, and its names are matched to files below the folder, see
    :func:`mmcuts3d.labels.coco.read_coco`.

    Data samples carry ``file_name``, the path below the folder, and
    ``shares_stem``, whether an image in another sub-folder has the same
    stem: by these the files of depth and features are found.

    An image that the pipeline cannot process does not stop a run. In test
    mode it comes as a black image of one pixel whose data sample carries the
    reason as ``error`` in its metainfo; else it is left out with a warning
    and another one is drawn.

    Args:
        data_prefix (dict): ``img`` is the folder.
        ann_file (str): COCO file with the images to take. Defaults to ''.
        skip (Iterable[str]): Paths relative to the folder that are left out.
            The ids of the others do not change. Defaults to ().
        recursive (bool): Whether to list sub-folders too. Defaults to False,
            since depth maps often lie in a sub-folder of the images.
        suffixes (Sequence[str]): File name endings to list, in lower case.
            Defaults to those of all formats that ``LoadImage`` reads.
        unique_stems (bool): Whether to refuse images of one folder that
            differ only in their suffix: depth and feature files are found
            by an image's stem, so that two would silently share one.
            Defaults to True.
        test_mode (bool): See above. Defaults to True.
        **kwargs: Passed to ``BaseDetDataset``.

    Raises:
        ValueError: If the folder is missing or holds no image, the COCO file
            cannot be used, or two images have the same stem.
    """

    METAINFO = {'classes': ('object',), 'palette': [(220, 20, 60)]}

    def __init__(
        self,
        data_prefix: dict,
        ann_file: str = '',
        skip: Iterable[str] = (),
        recursive: bool = False,
        suffixes: Sequence[str] = IMAGE_SUFFIXES,
        unique_stems: bool = True,
        test_mode: bool = True,
        **kwargs,
    ) -> None:
        if isinstance(skip, str):
            raise ValueError(
                'Expected argument `skip` to be a collection of file names, '
                f'but got the string {skip!r}.'
            )
        self.skip = {str(name) for name in skip}
        self.recursive = recursive
        self.suffixes = tuple(suffix.lower() for suffix in suffixes)
        self.unique_stems = unique_stems
        if kwargs.get('data_root'):
            kwargs['data_root'] = str(
                as_path(kwargs['data_root'], 'data_root')
            )
        prefix = {
            key: str(as_path(value, f'data_prefix.{key}')) if value else ''
            for key, value in data_prefix.items()
        }
        super().__init__(
            ann_file=str(as_path(ann_file, 'ann_file')) if ann_file else '',
            data_prefix=prefix,
            test_mode=test_mode,
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """List the images.

        Returns:
            list[dict]: ``img_path``, ``file_name`` (relative to the folder),
            ``img_id``, ``instances`` (none), ``shares_stem`` and, where the
            COCO file states them, ``height`` and ``width``.
        """
        prefix = self.data_prefix.get('img') or ''
        folder = Path(prefix)
        if not prefix or not folder.is_dir():
            raise ValueError(
                "Expected `data_prefix['img']` to be a folder of images, but "
                f"got '{shown(prefix)}', which is none."
            )
        images = self._listed(folder) if self.ann_file else self._found(folder)
        names = [image['file_name'] for image in images]
        if self.unique_stems:
            _check_stems(names)
        stems = Counter(PurePosixPath(name).stem for name in names)
        return [
            {
                'img_path': str(folder / image['file_name']),
                'instances': [],
                'shares_stem': stems[PurePosixPath(image['file_name']).stem]
                > 1,
                **image,
            }
            for image in images
            if image['file_name'] not in self.skip
        ]

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on one image, or say what is wrong with it.

        Args:
            idx (int): Index of the image.

        Returns:
            Any: What the pipeline returns; see the class for images that it
            refuses with a ValueError or an OSError.
        """
        try:
            data = super().prepare_data(idx)
        except (ValueError, OSError) as error:
            # Some errors come without words.
            reason = str(error) or repr(error)
            data_info = self.get_data_info(idx)
            if self.test_mode:
                return _error_sample(data_info, reason)
            print_log(
                f'{shown(data_info["img_path"])} is left out: {reason}',
                logger='current',
                level=logging.WARNING,
            )
            return None
        if isinstance(data, dict) and 'data_samples' in data:
            info = self.get_data_info(idx)
            data['data_samples'].set_metainfo(
                {name: info[name] for name in ('file_name', 'shares_stem')}
            )
        return data

    def _found(self, folder: Path) -> list[dict]:
        listing = list_images(folder, self.recursive, self.suffixes)
        note = listing.note()
        remedy = ''
        if 'images in sub-folders' in listing.passed_over:
            remedy = '; `recursive=True` takes those in sub-folders'
        if not listing.images:
            raise ValueError(
                f'Expected {shown(folder)} to hold images '
                f'({", ".join(self.suffixes)}), but got none'
                f'{"" if self.recursive else " at its top"}'
                f'{"; " if note else ""}{note}{remedy}.'
            )
        if note:
            print_log(
                f'{shown(folder)}: {len(listing.images)} images, {note}'
                f'{remedy}.',
                logger='current',
                level=logging.WARNING,
            )
        return [
            {'file_name': name, 'img_id': number}
            for number, name in enumerate(listing.images, start=1)
        ]

    def _listed(self, folder: Path) -> list[dict]:
        """The images of the COCO file, under the names of their files."""
        try:
            with get_local_path(
                self.ann_file, backend_args=self.backend_args
            ) as path:
                found = read_coco(
                    path, folder, annotations=False, need_sizes=False
                )
        except (OSError, ValueError) as error:
            raise ValueError(
                f'Expected `ann_file` {self.ann_file} to be a COCO file with '
                '`images` of `id` and `file_name` (docs/datasets.md says how '
                f'evaluation files are made). {error}'
            ) from error
        if not found.images:
            raise ValueError(
                f'Expected {self.ann_file} to list images, but got none.'
            )
        images = [
            {
                'file_name': image.file_name,
                'img_id': image.id,
                'height': image.height or 1,
                'width': image.width or 1,
            }
            for image in found.images
        ]
        return sorted(images, key=lambda image: image['file_name'])

    def _serialize_data(self) -> tuple[np.ndarray, np.ndarray]:
        # Everything skipped is a dataset of length 0, which the base class
        # cannot concatenate.
        if not self.data_list:
            return np.zeros(0, np.uint8), np.zeros(0, np.int64)
        return super()._serialize_data()


def _check_stems(names: list[str]) -> None:
    by_stem: dict[PurePosixPath, str] = {}
    for name in names:
        other = by_stem.setdefault(PurePosixPath(name).with_suffix(''), name)
        if other != name:
            raise ValueError(
                'Expected images with different stems, but got '
                f'{shown(other)} and {shown(name)}: depth and feature files '
                'are found by the stem. Rename one, or set '
                '`unique_stems=False` if no such files are used.'
            )


def _error_sample(data_info: dict, message: str) -> dict:
    size = (data_info.get('height', 1), data_info.get('width', 1))
    data_sample = DetDataSample(
        metainfo={
            'img_path': data_info['img_path'],
            'img_id': data_info['img_id'],
            'ori_shape': size,
            'img_shape': (1, 1),
            'scale_factor': (1 / size[1], 1 / size[0]),
            'error': message,
        }
    )
    inputs = torch.zeros(3, 1, 1, dtype=torch.uint8)
    return {'inputs': inputs, 'data_samples': data_sample}
