"""A label store becomes a folder in the form of another tool."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mmcuts3d.files import draft_folder, format_named
from mmcuts3d.labels import LabelStore
from mmcuts3d.labels.coco import is_plain, shown

from .contract import ExportedImage, ExportFormat
from .cvat import CvatImages
from .fifty_one import FiftyOne
from .hugging_face import HuggingFace
from .label_studio import LabelStudio
from .labelme import LabelMe
from .voc import PascalVoc
from .yolo import YoloSegments

#: Formats of labels, by name.
FORMATS: dict[str, type[ExportFormat]] = {
    one.name: one
    for one in (
        CvatImages,
        FiftyOne,
        HuggingFace,
        LabelMe,
        LabelStudio,
        PascalVoc,
        YoloSegments,
    )
}
Follow = Callable[[Iterable[int], int], Iterable[int]]


@dataclass(frozen=True)
class ExportSummary:
    """What an export wrote.

    Attributes:
        num_images (int): Images.
        num_masks (int): Their masks.
        num_below (int): Masks that stayed behind for their score.
        lost (tuple[str, ...]): What the format has no place for.
    """

    num_images: int
    num_masks: int
    num_below: int
    lost: tuple[str, ...]


def find_format(name: str) -> type[ExportFormat]:
    """A format by its name.

    Args:
        name (str): Such as 'yolo'.

    Returns:
        type[ExportFormat]: Its class.

    Raises:
        ValueError: If there is none; names those there are.
    """
    return format_named(FORMATS, name)


def export_store(
    store: LabelStore,
    name: str,
    out: str | Path,
    images: str | Path | None = None,
    score_thr: float = 0.0,
    overwrite: bool = False,
    follow: Follow = lambda places, total: places,
) -> ExportSummary:
    """Write labels in the form of another tool.

    The folder appears when it is whole: it is written beside its place.

    Args:
        store (LabelStore): The labels.
        name (str): Of a format, see :data:`FORMATS`.
        out (str | Path): The folder to make.
        images (str | Path, optional): Folder of the images. Formats that
            have the images beside the labels take hard links of them, or
            copies. Defaults to None.
        score_thr (float): Masks with a lower score stay behind, in [0, 1].
            Defaults to 0: none.
        overwrite (bool): Whether a folder that is there is replaced.
            Defaults to False.
        follow (Callable): Given the places of the images and their number,
            gives them back one by one: room for a progress bar.

    Returns:
        ExportSummary: What was written.

    Raises:
        ValueError: If there is no such format, the folder is there, images
            are missing, or the format cannot hold a label; the folder is
            then as it was.
    """
    kind = find_format(name)
    out = Path(out)
    if not 0 <= score_thr <= 1:
        raise ValueError(
            'Expected argument `score_thr` to be in [0, 1], but got '
            f'{score_thr}.'
        )
    folder = None if images is None else Path(images)
    if kind.needs_images and folder is None:
        raise ValueError(
            f'Expected argument `images`, the folder of the images: {name!r} '
            'has them beside the labels; but got none.'
        )
    if folder is not None and not folder.is_dir():
        raise ValueError(
            f'Expected argument `images` to be a folder, but got {folder}.'
        )
    _check_place(out, folder, store, overwrite)
    with draft_folder(out) as draft:
        writer = kind(draft, folder)
        masks = below = 0
        for place in follow(range(len(store)), len(store)):
            record = store.record(place)
            if not is_plain(record.file_name):
                raise ValueError(
                    'Expected file names of images that lie in a folder, but '
                    f'got {shown(record.file_name)}: export a store whose '
                    'names are relative to its image folder.'
                )
            image = ExportedImage.of_record(record, score_thr)
            writer.add(image)
            masks += len(image.instances)
            below += len(record.annotations) - len(image.instances)
        writer.finish()
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    return ExportSummary(len(store), masks, below, kind.lost)


def _check_place(
    out: Path, images: Path | None, store: LabelStore, overwrite: bool
) -> None:
    """Nothing of the user's is written over, or next to itself."""
    if out.exists() and not out.is_dir():
        raise ValueError(f'Expected a folder to write to, but got file {out}.')
    inside = [Path(store.path), *([] if images is None else [images])]
    for path in inside:
        if out.exists() and (
            path.resolve() == out.resolve()
            or out.resolve() in path.resolve().parents
        ):
            raise ValueError(
                f'Expected another folder than {out} to write to: {path} '
                'lies in it.'
            )
    if out.exists() and any(out.iterdir()) and not overwrite:
        raise ValueError(
            f'Expected no folder {out}, or an empty one, but got one with '
            'files in it: give --overwrite to replace it.'
        )
