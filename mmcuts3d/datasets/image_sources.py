"""What images can come from: a folder, a list, a COCO file, tar shards."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mmcuts3d.files import as_path, shown
from mmcuts3d.files.tars import tar_members
from mmcuts3d.registry import DATASETS

from .image_folder import ImageFolder


def image_source(
    images: str | os.PathLike[str],
    ann_file: str | os.PathLike[str] | None = None,
) -> dict:
    """Say what an input is: the one door of images to label.

    ====================  ==================================================
    a folder              its images; with ``recursive`` ImageNet's layout
    a folder of ``.tar``  the images inside, as webdataset lays them out
    a ``.tar``            the same of one shard
    a ``.txt``            a list, one path a line, below the list's folder
    a ``.json``           the images of a COCO file, below its folder
    ====================  ==================================================

    Args:
        images (str | PathLike): One of these.
        ann_file (str | PathLike, optional): For a folder: a COCO file, or a
            list in a ``.txt``, of the images to take. Defaults to None.

    Returns:
        dict: ``type``, ``data_prefix`` and ``ann_file`` of a dataset.

    Raises:
        ValueError: If it is none of them.
    """
    path = as_path(images, 'images')
    suffix = path.suffix.lower()
    listing = None if ann_file is None else as_path(ann_file, 'ann_file')
    if path.is_dir():
        kind = 'ImageFolder'
        if listing is not None and listing.suffix.lower() == '.txt':
            kind = 'ImageList'
        elif listing is None and _holds_tars(path):
            kind = 'TarImages'
        return _source(kind, path, listing)
    if listing is not None and path.is_file():
        raise ValueError(
            'Expected argument `ann_file` to come with a folder of images, '
            f'but got the file {shown(path)}.'
        )
    if path.is_file() and suffix == '.tar':
        return _source('TarImages', path, None)
    if path.is_file() and suffix in ('.txt', '.json'):
        kind = 'ImageList' if suffix == '.txt' else 'ImageFolder'
        return _source(kind, path.absolute().parent, path)
    if path.is_file():
        raise ValueError(
            f'Expected {shown(path)} to be a folder of images, a list '
            '(.txt), a COCO file (.json) or a tar without compression '
            f'(.tar), but got a file with the ending {shown(suffix)!r}.'
        )
    # The dataset says what is wrong with a folder that is none.
    return _source('ImageFolder', path, listing)


@DATASETS.register_module()
class ImageList(ImageFolder):
    """The images of a list: a text file with one path a line.

    Paths are relative to the folder of the images, or absolute and below it.
    Images keep the order of the list, and ids count from 1 in it, so that a
    list can grow at its end. Empty lines are passed over. A file that is
    missing is an image that fails, as one that cannot be read.

    Args:
        ann_file (str): The list, in UTF-8.
        **kwargs: See :class:`ImageFolder`.

    Raises:
        ValueError: If a line is no path below the folder or comes twice; the
            message names the list and the line.
    """

    def _listed(self, folder: Path) -> list[dict]:
        top = Path(os.path.abspath(folder))
        lines: dict[str, int] = {}
        for number, text in _lines(Path(self.ann_file)):
            where = f'line {number} of {shown(self.ann_file)}'
            path = Path(os.path.normpath(top / text))
            if '\0' in text or top not in path.parents:
                raise ValueError(
                    f'Expected {where} to be the path of an image below '
                    f'{shown(top)}, but got {shown(text)!r}.'
                )
            name = path.relative_to(top).as_posix()
            if name in lines:
                raise ValueError(
                    f'Expected {where} to be an image of its own, but got '
                    f'{shown(name)}, which is in line {lines[name]}.'
                )
            lines[name] = number
        if not lines:
            raise ValueError(
                f'Expected {shown(self.ann_file)} to list images, but got '
                'none.'
            )
        return [
            {'file_name': name, 'img_id': number}
            for number, name in enumerate(lines, start=1)
        ]


@DATASETS.register_module()
class TarImages(ImageFolder):
    """The images inside tar shards, as webdataset lays them out.

    A member is taken if its name is ``KEY.SUFFIX`` with an image's suffix;
    others of its key (``KEY.cls``, ``KEY.seg.png``) are passed over. Names
    are ``SHARD.tar/MEMBER``, which all readers of images here understand;
    ids count from 1 in the order of the shards' names and of their members,
    so that images are read as they lie on the disk.

    Args:
        data_prefix (dict): ``img`` is a folder of tars, or one tar.
        **kwargs: See :class:`ImageFolder`.

    Raises:
        ValueError: If a tar is damaged or compressed, or a name comes twice;
            the message names the tar and the member.
    """

    def load_data_list(self) -> list[dict]:
        """List the members that are images.

        Returns:
            list[dict]: See :meth:`ImageFolder.load_data_list`.
        """
        path = Path(self.data_prefix.get('img') or '')
        if path.is_file():
            # Names are relative to the folder, and so is what comes later.
            self._tars = [path]
            self.data_prefix = {**self.data_prefix, 'img': str(path.parent)}
        else:
            self._tars = sorted(path.glob('*.tar'))
        return super().load_data_list()

    def _found(self, folder: Path) -> list[dict]:
        names = [
            f'{tar.name}/{os.path.normpath(member.name)}'
            for tar in self._tars
            for member in tar_members(tar)
            if self._is_image(member.name)
        ]
        if not names:
            raise ValueError(
                f'Expected the tars of {shown(folder)} to hold images '
                f'({", ".join(self.suffixes)}), but got none in '
                f'{len(self._tars)}.'
            )
        return [
            {'file_name': name, 'img_id': number}
            for number, name in enumerate(names, start=1)
        ]

    def _is_image(self, name: str) -> bool:
        path = PurePosixPath(name)
        return (
            not path.is_absolute()
            and '..' not in path.parts
            and not path.name.startswith('.')
            and '.' + path.name.lower().partition('.')[2] in self.suffixes
        )


def _holds_tars(folder: Path) -> bool:
    """Whether a folder has tars at its top, and no other file."""
    with os.scandir(folder) as entries:
        suffixes = {
            Path(entry.name).suffix.lower()
            for entry in entries
            if not entry.name.startswith('.')
        }
    return '.tar' in suffixes and suffixes <= {'.tar', '.json', '.txt', '.idx'}


def _source(kind: str, folder: Path, listing: Path | None) -> dict:
    return {
        'type': f'mmcuts3d.{kind}',
        'data_prefix': {'img': os.path.abspath(folder)},
        'ann_file': '' if listing is None else os.path.abspath(listing),
    }


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not empty, with their numbers."""
    number = 0
    try:
        with path.open(encoding='utf-8-sig') as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip('\r\n')
    except UnicodeDecodeError as error:
        raise ValueError(
            f'Expected {shown(path)} to be a text file in UTF-8, but got '
            f'other bytes after line {number}.'
        ) from error
    except OSError as error:
        raise ValueError(
            f'Expected {shown(path)} to be a list of images, but got: '
            f'{error.strerror}.'
        ) from error
