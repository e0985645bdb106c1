"""Files that lie beside images: same stem, another folder and suffix."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mmcuts3d.files import as_path, find_spelled, shown
from mmcuts3d.files.addresses import check_local


class SidecarFiles:
    """Finds the file that belongs to an image.

    ``IMAGES/frame_rgb.jpg`` with ``root='DEPTH'``, ``suffix='.png'`` and
    ``replace=('_rgb', '_depth')`` belongs to ``DEPTH/frame_depth.png``.

    The file of an image in a sub-folder is looked for in the same sub-folder
    of ``root`` first, then in ``root`` itself; there only if no other image
    of the dataset has this stem. The dataset tells: ``ImageFolder`` adds
    ``file_name``, the path below the image folder, and ``shares_stem``.
    Accents in names may be spelt either way (NFC, NFD).

    The folder need not be there before the first file is asked for: a
    dataset that makes its files may be built after the model.

    Args:
        root (str or path): Folder of the files.
        suffix (str or Sequence[str]): What stands after the stem, such as
            ``'.png'`` or ``'_depth.exr'``; the first that exists is taken.
        replace (tuple[str, str], optional): Text in the image's stem and
            what stands there instead in the file's. Defaults to None.
        image_root (str or path, optional): Folder of the images, when both
            have the same sub-folders below: only there is looked. Defaults
            to None.

    Raises:
        ValueError: If a setting is malformed.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        suffix: str | Sequence[str],
        replace: Sequence[str] | None = None,
        image_root: str | os.PathLike[str] | None = None,
    ) -> None:
        self.root = as_path(root, 'root')
        check_local(self.root, 'argument `root`')
        self.suffixes = [suffix] if isinstance(suffix, str) else list(suffix)
        if not self.suffixes or not all(self.suffixes):
            raise ValueError(
                'Expected argument `suffix` to be one or more endings, but '
                f'got {suffix!r}'
            )
        if replace is not None and (
            isinstance(replace, str) or len(replace) != 2
        ):
            raise ValueError(
                'Expected argument `replace` to be a pair of strings, but '
                f'got {replace!r}'
            )
        self.replace = replace
        self.image_root = (
            None if image_root is None else as_path(image_root, 'image_root')
        )

    def find(self, data_sample: Any) -> Path:
        """File of the image of a data sample.

        Args:
            data_sample (DetDataSample): With ``img_path`` in its metainfo,
                and ``file_name`` and ``shares_stem`` where they are known.

        Returns:
            Path: The file.

        Raises:
            ValueError: If there is none; the message names the image and
                where the file was looked for.
            FileNotFoundError: If ``root`` is no folder. That is no fault of
                the image, and no reason to go on with the next one.
        """
        image = getattr(data_sample, 'img_path', None)
        if not image:
            raise ValueError(
                'Expected argument `data_samples` to have the metainfo '
                f'`img_path`, but got {image!r}'
            )
        image = Path(image)
        stem = image.stem
        if self.replace is not None:
            stem = stem.replace(*self.replace)
        names = [
            folder / (stem + suffix)
            for folder in self._folders(image, data_sample)
            for suffix in self.suffixes
        ]
        for name in names:
            found = find_spelled(self.root, name)
            if found is not None:
                return found
        if not self.root.is_dir():
            raise FileNotFoundError(
                'Expected argument `root` to be a folder, but got '
                f"'{shown(self.root)}', which is none (looked for the file "
                f'of {shown(image)})'
            )
        places = ' or '.join(shown(self.root / name) for name in names)
        raise ValueError(
            f'Expected a file for {shown(image)} to be at {places}, but got '
            f'none{self._other_image(data_sample)}'
        )

    def _folders(self, image: Path, data_sample: Any) -> list[Path]:
        """Where to look, below the root."""
        if self.image_root is not None:
            return [Path(os.path.relpath(image.parent, self.image_root))]
        file_name = getattr(data_sample, 'file_name', None) or image.name
        below = Path(PurePosixPath(file_name).parent)
        if below == Path() or below.is_absolute() or '..' in below.parts:
            return [Path()]
        shared = getattr(data_sample, 'shares_stem', False)
        return [below] if shared else [below, Path()]

    def _other_image(self, data_sample: Any) -> str:
        if not getattr(data_sample, 'shares_stem', False):
            return ''
        return (
            ': another image in another sub-folder has the same name, so that '
            'one file at the top could belong to either'
        )
