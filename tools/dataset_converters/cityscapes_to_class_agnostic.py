"""Makes the class-agnostic ground truth of Cityscapes val: boxes and masks.

--root is the folder with gtFine and leftImg8bit. Objects are the instances of
the eight classes that Cityscapes measures, from *_gtFine_instanceIds.png,
where what lies in front hides what lies behind. Groups that could not be
separated, caravans and trailers count neither for nor against: Cityscapes
does not measure them.
"""

from pathlib import Path

import numpy as np
from _class_agnostic import ClassAgnosticSet
from _originals import check_images, listed
from _writing import add_ignored, finish, make_parser
from PIL import Image, UnidentifiedImageError
from pycocotools import mask as coco_mask

from mmcuts3d.cli.running import run_tool_main
from mmcuts3d.labels import encode_mask

# The labels that have instances, by their ids (cityscapesScripts).
CLASSES = {
    24: 'person',
    25: 'rider',
    26: 'car',
    27: 'truck',
    28: 'bus',
    29: 'caravan',
    30: 'trailer',
    31: 'train',
    32: 'motorcycle',
    33: 'bicycle',
}
NOT_MEASURED = (29, 30)
SUFFIX = '_gtFine_instanceIds.png'

# The number of instances is published nowhere that we know of, and not
# checked.
PUBLISHED = {'images': 500}


def read_instances(path: Path) -> np.ndarray:
    """Reads the instances of an image.

    Args:
        path (Path): 16-bit PNG: 1000 times the label plus a number in an
            instance, the label alone elsewhere.

    Returns:
        np.ndarray: (H, W), int32.

    Raises:
        ValueError: If it is no such image.
    """
    try:
        with Image.open(path) as image:
            values = np.asarray(image)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(
            f'Expected {path} to be a PNG image of instances, but got: {error}'
        ) from error
    if values.ndim != 2 or values.dtype.itemsize < 2:
        raise ValueError(
            f'Expected {path} to have one channel of 16 bits, but got shape '
            f'{values.shape} and type {values.dtype}.'
        )
    return values.astype(np.int32)


def add_instances(
    converted: ClassAgnosticSet,
    image_id: int,
    instances: np.ndarray,
    path: Path,
) -> None:
    """Puts the instances of an image into the set.

    Args:
        converted (ClassAgnosticSet): Takes them.
        image_id (int): Id of the image.
        instances (np.ndarray): (H, W), see :func:`read_instances`.
        path (Path): Their file, for messages.
    """
    for value in np.unique(instances).tolist():
        label = value // 1000 if value >= 1000 else value
        if label not in CLASSES:
            continue
        ignored = None
        if value < 1000:
            ignored = 'group'
        elif label in NOT_MEASURED:
            ignored = 'caravan or trailer'
        rle = encode_mask(instances == value)
        converted.add(
            image_id,
            label,
            coco_mask.toBbox(rle).tolist(),
            f'instance {value} of {path}',
            segmentation=rle,
            area=float(coco_mask.area(rle)),
            ignored=ignored,
        )


def convert(root: Path, ignored: str = 'crowd') -> ClassAgnosticSet:
    """Reads the validation split.

    Args:
        root (Path): The folder with gtFine.
        ignored (str): What becomes of groups, caravans and trailers.
            Defaults to 'crowd'.

    Returns:
        ClassAgnosticSet: The set; file names are relative to
        leftImg8bit/val.

    Raises:
        ValueError: If there is no file, or one is broken.
    """
    converted = ClassAgnosticSet(
        'Cityscapes val',
        [{'id': number, 'name': name} for number, name in CLASSES.items()],
        masks=True,
        ignored=ignored,
    )
    paths = listed(root / 'gtFine' / 'val', f'*/*{SUFFIX}')
    for number, path in enumerate(paths, start=1):
        instances = read_instances(path)
        stem = path.name[: -len(SUFFIX)]
        converted.add_image(
            number,
            f'{path.parent.name}/{stem}_leftImg8bit.png',
            instances.shape,
            str(path),
        )
        add_instances(converted, number, instances, path)
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--root data/cityscapes',
        '--out data/cityscapes/annotations/val_class-agnostic.json',
    )
    parser.add_argument(
        '--root', required=True, help='folder of gtFine and leftImg8bit'
    )
    add_ignored(parser, 'groups, caravans and trailers')
    args = parser.parse_args(arguments)
    root = Path(args.root)
    converted = convert(root, args.ignored)
    check_images(converted, root / 'leftImg8bit' / 'val')
    finish(converted, PUBLISHED, args.out, args.allow_other_counts)
    return 0


if __name__ == '__main__':
    run_tool_main(main)
