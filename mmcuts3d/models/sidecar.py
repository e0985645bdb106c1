"""Files that lie beside photographs: same stem, another folder and suffix."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class SidecarFiles:
    """Finds the file that belongs to an image.

    ``IMAGES/frame_rgb.jpg`` with ``root='DEPTH'``, ``suffix='.png'`` and
    ``replace=('_rgb', '_depth')`` belongs to ``DEPTH/frame_depth.png``.

    The folder need not be there before the first file is asked for: a
    dataset that makes its files may be built after the model.

    Args:
        root (str or path): Folder of the files.
        suffix (str or Sequence[str]): What stands after the stem, such as
            ``'.png'`` or ``'_depth.exr'``; the first that exists is taken.
        replace (tuple[str, str], optional): Text in the image's stem and
            what stands there instead in the file's. Defaults to None.
        image_root (str or path, optional): Folder of the images, when both
            have the same sub-folders below. Defaults to None: all files lie
            directly in ``root``.

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
        self.root = Path(root)
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
        self.image_root = image_root

    def find(self, data_sample: Any) -> Path:
        """File of the image of a data sample.

        Args:
            data_sample (DetDataSample): With ``img_path`` in its metainfo.

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
        folder = self.root
        if self.image_root is not None:
            below = os.path.relpath(image.parent, self.image_root)
            folder = folder / below
        candidates = [folder / (stem + suffix) for suffix in self.suffixes]
        for path in candidates:
            if path.is_file():
                return path
        if not self.root.is_dir():
            raise FileNotFoundError(
                'Expected argument `root` to be a folder, but got '
                f"'{self.root}', which is none (looked for the file of "
                f'{image})'
            )
        raise ValueError(
            f'Expected a file for {image} to be at '
            f'{" or ".join(map(str, candidates))}, but got none'
        )
