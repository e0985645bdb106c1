"""Reading what several originals share: JSON in COCO's form, and images."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from _class_agnostic import ClassAgnosticSet
from _writing import finish
from PIL import Image, UnidentifiedImageError

from mmcuts3d.files.json_files import read_json
from mmcuts3d.labels.coco import flag, shown, whole_number

ORIENTATION = 0x0112  # EXIF; 5 to 8 lie on their side


def read_coco(path: str | Path) -> dict[str, Any]:
    """Read a file in COCO's form, and check what all of them must have.

    Args:
        path (str | Path): The file.

    Returns:
        dict: With lists ``images``, ``annotations``, ``categories``.

    Raises:
        ValueError: If there is no such file, it is no regular file or no
            JSON, or a list is missing.
    """
    content = read_json(path)
    for key in ('images', 'annotations', 'categories'):
        rows = content.get(key) if isinstance(content, dict) else None
        if not isinstance(rows, list):
            found = sorted(content) if isinstance(content, dict) else content
            raise ValueError(
                f'Expected {path} to have a list `{key}`, but got '
                f'{found!r:.80}.'
            )
    return content


def add_coco(
    converted: ClassAgnosticSet,
    content: dict[str, Any],
    path: str | Path,
    file_name: Callable[[dict], str] = lambda image: image['file_name'],
    wanted: Callable[[dict], bool] = lambda image: True,
    kept: tuple[str, ...] = (),
) -> None:
    """Put a file in COCO's form into a set; crowds stay crowds.

    Args:
        converted (ClassAgnosticSet): Takes images and annotations.
        content (dict): What :func:`read_coco` gives.
        path (str | Path): Its file, for messages.
        file_name (Callable): Image to path relative to the image folder.
            Defaults to its ``file_name``.
        wanted (Callable): Whether to take an image. Defaults to all.
        kept (tuple[str, ...]): Further keys of the images that are kept.

    Raises:
        ValueError: If a row lacks a key or has values that cannot be; names
            file and row.
    """
    left_out = set()
    for number, image in enumerate(content['images']):
        place = f'images[{number}] of {path}'
        with _Named(place):
            image_id = whole_number(image['id'], f'the `id` of {place}')
            if not wanted(image):
                left_out.add(image_id)
                continue
            converted.add_image(
                image_id,
                file_name(image),
                (image['height'], image['width']),
                place,
                **{key: image[key] for key in kept if key in image},
            )
    for number, row in enumerate(content['annotations']):
        own_id = row.get('id') if isinstance(row, dict) else None
        place = f'annotations[{number}] (id {shown(own_id)}) of {path}'
        with _Named(place):
            image_id, category_id = (
                whole_number(row[key], f'the `{key}` of {place}')
                for key in ('image_id', 'category_id')
            )
            if image_id in left_out:
                continue
            is_crowd = flag(row.get('iscrowd'), f'`iscrowd` of {place}')
            converted.add(
                image_id,
                category_id,
                row['bbox'],
                place,
                segmentation=row.get('segmentation'),
                area=row.get('area'),
                ignored='crowd' if is_crowd else None,
            )


class _Named:
    """Makes a missing key an error that names the row."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: Any, trace: Any) -> None:
        if isinstance(error, KeyError):
            raise ValueError(
                f'Expected {self.place} to have a key {error}, but got none.'
            ) from error
        if isinstance(error, TypeError):
            raise ValueError(
                f'Expected {self.place} to be a row of COCO, but got: {error}'
            ) from error


def listed(folder: Path, pattern: str) -> list[Path]:
    """List the files of a folder that an original must have.

    Args:
        folder (Path): The folder.
        pattern (str): What their paths in it match, such as '*.png'.

    Returns:
        list[Path]: Them, sorted.

    Raises:
        ValueError: If there is none, or no folder.
    """
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise ValueError(f'Expected {folder} to hold {pattern}, but got none.')
    return paths


def image_size(path: Path) -> tuple[int, int]:
    """Size of an image as it is shown, from its header.

    Cameras store the orientation apart (EXIF); the pipelines bring images
    upright, so that the upright size is the one that counts.

    Args:
        path (Path): The image.

    Returns:
        tuple[int, int]: Height and width in pixels.

    Raises:
        ValueError: If it is missing or no image.
    """
    try:
        with Image.open(path) as image:
            width, height = image.size
            on_its_side = image.getexif().get(ORIENTATION, 1) >= 5
    except FileNotFoundError as error:
        raise ValueError(
            f'Expected an image at {path}, but got no such file.'
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(
            f'Expected {path} to be an image, but got: {error}'
        ) from error
    return (width, height) if on_its_side else (height, width)


def check_images(converted: ClassAgnosticSet, folder: str | Path) -> None:
    """Check that all images are there, in the size that the original states.

    Args:
        converted (ClassAgnosticSet): The images.
        folder (str | Path): What their file names are relative to.

    Raises:
        ValueError: If an image is missing, broken or of another size; says
            how many and names the first.
    """
    wrong = []
    for image in converted.images.values():
        try:
            size = image_size(Path(folder) / image['file_name'])
        except ValueError as error:
            wrong.append(str(error))
            continue
        if size != (image['height'], image['width']):
            wrong.append(
                f'Expected {image["file_name"]} in {folder} to be of size '
                f'{image["height"]} x {image["width"]}, but got '
                f'{size[0]} x {size[1]}.'
            )
    if wrong:
        raise ValueError(
            f'{len(wrong):,} of {len(converted.images):,} images of '
            f'{converted.name} are missing or wrong. The first: {wrong[0]}'
        )


def run(
    arguments: list[str] | None,
    parser: argparse.ArgumentParser,
    name: str,
    convert: Callable[[str], ClassAgnosticSet],
    published: Mapping[str, int],
) -> int:
    """The command of an original that is one file in COCO's form.

    Args:
        arguments (list[str], optional): The command line.
        parser (ArgumentParser): Of :func:`make_parser`; takes two more
            options.
        name (str): What the original is called, for --help.
        convert (Callable): Path of the original to its set.
        published (Mapping[str, int]): Its counts.

    Returns:
        int: 0.
    """
    parser.add_argument('--annotations', required=True, help=name)
    parser.add_argument(
        '--images',
        help='folder of the images, to check that all are there in the size '
        'that the original states',
    )
    args = parser.parse_args(arguments)
    converted = convert(args.annotations)
    if args.images:
        check_images(converted, args.images)
    finish(converted, published, args.out, args.allow_other_counts)
    return 0
